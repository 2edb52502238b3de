using System.Collections.ObjectModel;
using System.Management.Automation;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.PowerShell;

/// <summary>
/// A network in stages, joined by a script: the forward method of the vendor's SIM_Calibrator and SIM_Simulator. The script gets the
/// inputs of the first stage as arguments, and the variables $Stage (a session each), $Norm (true for float models) and $_ (the sample's file).
/// </summary>
internal sealed class StagedForward : IDisposable
{
    private readonly ScriptBlock _forward;
    private readonly IpuSession[] _sessions;
    private readonly PipelineWork _work;

    /// <param name="runners">Runs each stage; null for the simulator of its stage.</param>
    public StagedForward(ScriptBlock forward, IReadOnlyList<IpuModel> stages, IReadOnlyList<IModelRunner?> runners, Func<string, string> resolve, PipelineWork work)
    {
        _forward = forward;
        _work = work;
        _sessions = [.. stages.Select((s, i) => new IpuSession(s, runners[i], resolve) { StopToken = work.Token })];
    }

    /// <summary>Called on a worker: runs the script, on the pipeline's thread, on every sample.</summary>
    public IEnumerable<(string Source, Collection<PSObject> Result)> Over(ISampleSource samples, Action<string> next, IProgress<IpuProgress> progress)
    {
        bool norm = _sessions[0].Model.Stage == IpuStage.Float;
        for (int i = 0; i < samples.Count; i++)
        {
            Sample sample = samples.Read(i, norm, _work.Token);
            next(sample.Name);
            yield return (sample.Name, _work.Ask(() => Run(sample, norm)));
            progress.Report(new IpuProgress("Running the stages", i + 1, samples.Count));
        }
    }

    public void Dispose()
    {
        foreach (IpuSession session in _sessions)
        {
            session.Dispose();
        }
    }

    private Collection<PSObject> Run(Sample sample, bool norm)
    {
        List<PSVariable> variables =
        [
            new("Stage", _sessions),
            new("Norm", norm),
            new("_", sample.Name),
            new("ErrorActionPreference", ActionPreference.Stop),
        ];
        object[] arguments = [.. _sessions[0].Model.Inputs.Zip(sample.Inputs, (spec, value) => new IpuTensor(spec.Name, value))];
        try
        {
            return _forward.InvokeWithContext(null, variables, arguments);
        }
        catch (MethodInvocationException e) when (e.InnerException is IpuException inner)
        {
            throw new IpuException(inner.ErrorId, $"-Forward on '{sample.Name}': {inner.Message}", inner.Kind, inner) { Target = sample.Name };
        }
    }
}
