using System.Management.Automation;
using SgsIpu.Engine;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Describes the tensors of models.</summary>
[Cmdlet(VerbsCommon.Get, "IpuTensorDetail")]
[OutputType(typeof(TensorDetail))]
public sealed class GetIpuTensorDetailCommand : IpuCmdlet
{
    /// <summary>Models, or the paths of their files.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("m", "ModelFile", "model_file")]
    [ModelTransformation]
    public IpuModel Model { get; set; } = null!;

    /// <summary>Wildcards choose tensors by name.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TensorCompleter))]
    [ValidateNotNull]
    public string[] Name { get; set; } = ["*"];

    protected override void ProcessRecord()
    {
        if (Try(Model, () => IpuEngine.TensorDetails(Model), out IReadOnlyList<TensorDetail> all))
        {
            WildcardPattern[] patterns = [.. Name.Select(n => WildcardPattern.Get(n, WildcardOptions.IgnoreCase))];
            WriteObject(all.Where(t => Name.Contains(t.Name) || patterns.Any(p => p.IsMatch(t.Name))), enumerateCollection: true);
        }
    }
}
