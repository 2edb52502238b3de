using System.Management.Automation;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Staging;

namespace SgsIpu.PowerShell;

/// <summary>Calibrates the stages of a split network on what a script hands from one to the next.</summary>
internal static class StagedCalibration
{
    /// <summary>Called on a worker.</summary>
    /// <param name="options">Options of a stage, given its number and its samples.</param>
    /// <exception cref="IpuException">The script never ran a stage (id <c>StageNotRun</c>).</exception>
    public static IpuModel[] Run(
        IReadOnlyList<IpuModel> stages,
        ScriptBlock script,
        Func<string, string> resolve,
        ISampleSource samples,
        Func<int, ISampleSource, CalibrationOptions> options,
        PipelineWork work,
        IProgress<IpuProgress> progress)
    {
        StageRecorder[] recorders = [.. stages.Select(s => new StageRecorder(s))];
        using var forward = new StagedForward(script, stages, recorders, resolve, work);
        foreach (var _ in forward.Over(samples, name => Array.ForEach(recorders, r => r.Source = name), progress))
        {
            // What the last stage computes is of no use here: the recorders keep what each was given.
        }

        if (stages.Zip(recorders).FirstOrDefault(s => s.Second.Count == 0).First is { } idle)
        {
            throw new IpuException("StageNotRun", $"-Forward never called Invoke() on stage '{idle.Name}', so that it cannot be calibrated", IpuErrorKind.InvalidArgument) { Target = idle.Name };
        }

        return [.. stages.Select((stage, i) => IpuEngine.Calibrate(stage, options(i, recorders[i]), progress, work.Token))];
    }
}
