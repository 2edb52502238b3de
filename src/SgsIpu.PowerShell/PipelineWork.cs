using System.Collections.Concurrent;
using System.Management.Automation;

namespace SgsIpu.PowerShell;

/// <summary>
/// Work beside the pipeline. PowerShell allows output, progress and script blocks only on the pipeline's thread, which therefore waits
/// here and carries out what the workers queue for it.
/// </summary>
internal sealed class PipelineWork : IDisposable
{
    private const int QueueLength = 64;

    private readonly BlockingCollection<Action> _queue = new(QueueLength);
    private readonly CancellationTokenSource _abandoned;

    public PipelineWork(CancellationToken stop) => _abandoned = CancellationTokenSource.CreateLinkedTokenSource(stop);

    /// <summary>Cancelled when the user stops the pipeline and when a queued action fails.</summary>
    public CancellationToken Token => _abandoned.Token;

    /// <summary>Called on the pipeline's thread: runs <paramref name="work"/> on another one and returns its result.</summary>
    /// <remarks>Exceptions of the work and of queued actions arrive unwrapped. The work has always ended when this returns.</remarks>
    public T Run<T>(Func<PipelineWork, T> work)
    {
        Task<T> task = Task.Run(() => Complete(work));
        bool drained = false;
        try
        {
            foreach (Action action in _queue.GetConsumingEnumerable())
            {
                action();
            }

            drained = true;
        }
        finally
        {
            if (!drained)
            {
                _abandoned.Cancel();
                foreach (Action _ in _queue.GetConsumingEnumerable())
                {
                    // Left undone: whoever waits for it sees the cancellation.
                }

                Task.WhenAny(task).Wait(CancellationToken.None);
            }
        }

        return task.GetAwaiter().GetResult();
    }

    /// <summary>Called on a worker: runs the function on the pipeline's thread and returns its result or throws its script error.</summary>
    public T Ask<T>(Func<T> function)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                answer.SetResult(function());
            }
            catch (RuntimeException e) when (e is not PipelineStoppedException)
            {
                answer.SetException(e);
            }
        });
        return answer.Task.WaitAsync(Token).GetAwaiter().GetResult();
    }

    /// <summary>Called on a worker: queues an action, waiting while the queue is full.</summary>
    public void Post(Action action) => _queue.Add(action, Token);

    /// <summary>Called on a worker: queues an action that may be dropped when the pipeline's thread is behind.</summary>
    public void Offer(Action action)
    {
        if (!_queue.IsAddingCompleted)
        {
            _queue.TryAdd(action);
        }
    }

    /// <summary>Ends the work early, as when nobody wants its results any more.</summary>
    public void Abandon() => _abandoned.Cancel();

    public void Dispose()
    {
        _queue.Dispose();
        _abandoned.Dispose();
    }

    private T Complete<T>(Func<PipelineWork, T> work)
    {
        try
        {
            return work(this);
        }
        finally
        {
            _queue.CompleteAdding();
        }
    }
}
