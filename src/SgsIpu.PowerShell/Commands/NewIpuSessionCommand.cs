using System.Management.Automation;
using SgsIpu.Engine;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Makes models ready to run on arrays, step by step.</summary>
[Cmdlet(VerbsCommon.New, "IpuSession")]
[OutputType(typeof(IpuSession))]
public sealed class NewIpuSessionCommand : IpuCmdlet
{
    /// <summary>Models, or the paths of their files.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("m", "ModelFile", "model_file")]
    [ModelTransformation]
    public IpuModel Model { get; set; } = null!;

    protected override void ProcessRecord()
    {
        IpuModel model = Model;
        if (TryRun($"Opening {model.Name}", model, (_, _) => new IpuSession(model, null, FullPath), out IpuSession session))
        {
            WriteObject(session);
        }
    }
}
