using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Simulation;

/// <summary>Runs a model over a stream of samples, several at once, and gives the results in the order of the samples.</summary>
internal static class SampleRun
{
    public static IEnumerable<RunResult> Over(IpuModel model, RunOptions options, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        using IModelRunner runner = IpuEngine.OpenRunner(model, options.Observed);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        int ahead = Math.Clamp(options.NumProcess, 1, Environment.ProcessorCount);
        var running = new Queue<Task<RunResult>>();
        int next = 0;
        try
        {
            for (int done = 0; done < options.Samples.Count; done++)
            {
                for (; next < options.Samples.Count && running.Count < ahead; next++)
                {
                    int index = next;
                    running.Enqueue(Task.Run(() => One(model, runner, options.Samples, index, stop.Token), stop.Token));
                }

                RunResult result = running.Dequeue().GetAwaiter().GetResult();
                progress?.Report(new IpuProgress("Running samples", done + 1, options.Samples.Count));
                yield return result;
            }
        }
        finally
        {
            // The caller may have stopped early: the runner must not go while a sample is in it.
            stop.Cancel();
            foreach (Task<RunResult> task in running)
            {
                ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
            }
        }
    }

    private static RunResult One(IpuModel model, IModelRunner runner, ISampleSource samples, int index, CancellationToken cancellationToken)
    {
        Sample sample = samples.Read(index, norm: model.Stage == IpuStage.Float, cancellationToken);
        Dictionary<string, Tensor> inputs = model.Graph.Inputs.Zip(sample.Inputs).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);
        return new RunResult(sample.Name, runner.Run(inputs, cancellationToken));
    }
}
