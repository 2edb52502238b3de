using System.Collections.Concurrent;
using SgsIpu.Core;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>Runs a script with <c>image_preprocess(path, norm=True)</c> in as many Python processes as calls are made at once.</summary>
internal sealed class PythonPreprocessor(string python, string script, TimeSpan timeout) : IPreprocessor
{
    private readonly ConcurrentBag<PythonWorker> _idle = [];

    public Tensor Read(string path, bool norm, CancellationToken cancellationToken)
    {
        PythonWorker worker = _idle.TryTake(out PythonWorker? idle) ? idle : new PythonWorker(python, script);
        bool usable = false;
        try
        {
            Tensor result = worker.Call(path, norm, timeout, cancellationToken);
            usable = true;
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
        }
    }

    public void Dispose()
    {
        while (_idle.TryTake(out PythonWorker? worker))
        {
            worker.Dispose();
        }
    }
}
