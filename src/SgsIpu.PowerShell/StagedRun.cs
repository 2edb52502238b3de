using System.Management.Automation;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.PowerShell;

/// <summary>Runs the stages of a split network, of any stage of conversion, joined by a script: the vendor's SIM_Simulator.</summary>
internal static class StagedRun
{
    /// <summary>What the script returns for every sample. Tensors go by their own names, arrays by their place: output0, output1, …</summary>
    public static IEnumerable<RunResult> Over(IReadOnlyList<IpuModel> stages, ScriptBlock script, Func<string, string> resolve, ISampleSource samples, PipelineWork work, IProgress<IpuProgress> progress)
    {
        using var forward = new StagedForward(script, stages, new IModelRunner?[stages.Count], resolve, work);
        foreach ((string source, IReadOnlyList<PSObject> result) in forward.Over(samples, static _ => { }, progress))
        {
            var outputs = new Dictionary<string, Tensor>(StringComparer.Ordinal);
            foreach ((int i, PSObject value) in result.Index())
            {
                string name = value?.BaseObject is IpuTensor tensor && !outputs.ContainsKey(tensor.Name) ? tensor.Name : $"output{i}";
                outputs[name] = ScriptArray.ToTensor(value);
            }

            yield return new RunResult(source, outputs);
        }
    }
}
