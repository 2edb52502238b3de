using System.Collections.Concurrent;
using SgsIpu.Core;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>Runs a script with <c>image_preprocess(path, norm=True)</c> in as many Python processes as calls are made at once.</summary>
/// <param name="workers">Most processes; further calls wait for one.</param>
internal sealed class PythonPreprocessor(string python, string script, TimeSpan timeout, int workers) : IPreprocessor
{
    private readonly ConcurrentBag<PythonWorker> _idle = [];
    private readonly SemaphoreSlim _free = new(Math.Max(1, workers));
    private volatile bool _disposed;

    public Tensor Read(string path, bool norm, CancellationToken cancellationToken)
    {
        _free.Wait(cancellationToken);
        try
        {
            return Call(path, norm, cancellationToken);
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out PythonWorker? worker))
        {
            worker.Dispose();
        }
    }

    private Tensor Call(string path, bool norm, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        PythonWorker worker = _idle.TryTake(out PythonWorker? idle) ? idle : new PythonWorker(python, script);
        bool usable = false;
        try
        {
            Tensor result = worker.Call(path, norm, timeout, cancellationToken);
            usable = !worker.HasEnded;
            return result;
        }
        finally
        {
            // A worker that was interrupted may still be writing an answer that nobody waits for.
            if (usable)
            {
                _idle.Add(worker);
            }
            else
            {
                worker.Dispose();
            }

            if (_disposed)
            {
                Dispose();
            }
        }
    }
}
