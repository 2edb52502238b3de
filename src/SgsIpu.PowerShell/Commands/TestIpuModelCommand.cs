using System.Management.Automation;
using SgsIpu.Engine;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Compares the nodes of models with the limits of chips.</summary>
[Cmdlet(VerbsDiagnostic.Test, "IpuModel", DefaultParameterSetName = "Report")]
[OutputType(typeof(LimitCheck), ParameterSetName = ["Report"])]
[OutputType(typeof(bool), ParameterSetName = ["Quiet"])]
public sealed class TestIpuModelCommand : IpuCmdlet
{
    /// <summary>Models, or the paths of their files.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("m", "ModelFile", "model_file")]
    [ModelTransformation]
    public IpuModel Model { get; set; } = null!;

    /// <summary>Chips whose generations are looked at; all where none is named.</summary>
    [Parameter(Position = 1)]
    [Alias("soc_version")]
    [ArgumentCompleter(typeof(SocCompleter))]
    [ValidateNotNull]
    public string[] SocVersion { get; set; } = [];

    /// <summary>Leaves out the nodes that exceed nothing.</summary>
    [Parameter(ParameterSetName = "Report")]
    public SwitchParameter Exceeded { get; set; }

    /// <summary>Says only whether the model can be compiled: true where nothing is refused.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Quiet")]
    public SwitchParameter Quiet { get; set; }

    protected override void ProcessRecord()
    {
        if (!Try(Model, () => IpuEngine.CheckLimits(Model, SocVersion).ToArray(), out LimitCheck[] checks))
        {
            return;
        }

        if (Quiet)
        {
            WriteObject(checks.All(c => c.Action != LimitAction.Refused));
        }
        else
        {
            WriteObject(checks.Where(c => !Exceeded || c.Limit.Length > 0), enumerateCollection: true);
        }
    }
}
