using System.Management.Automation;
using SgsIpu.Engine;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Says what models and their files hold.</summary>
[Cmdlet(VerbsCommon.Get, "IpuModelInfo")]
[OutputType(typeof(IpuModelInfo))]
public sealed class GetIpuModelInfoCommand : IpuCmdlet
{
    /// <summary>Models, or the paths of their files.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("m", "ModelFile", "model_file")]
    [ModelTransformation]
    public IpuModel Model { get; set; } = null!;

    protected override void ProcessRecord() => WriteObject(IpuModelInfo.Of(Model));
}
