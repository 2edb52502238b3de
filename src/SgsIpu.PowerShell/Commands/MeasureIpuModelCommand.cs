using System.Management.Automation;
using SgsIpu.Engine;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Counts what every command of a model costs on a chip.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "IpuModel")]
[OutputType(typeof(IpuCommandCost), typeof(IpuModelCost))]
public sealed class MeasureIpuModelCommand : IpuCmdlet
{
    /// <summary>Fixed or offline models, or the paths of their files.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("m", "ModelFile", "model_file")]
    [ModelTransformation]
    public IpuModel Model { get; set; } = null!;

    /// <summary>The chip, or the .json file of a profile of your own; the model's by default.</summary>
    [Parameter]
    [Alias("soc_version")]
    [ArgumentCompleter(typeof(SocCompleter))]
    public string? SocVersion { get; set; }

    /// <summary>Returns one object for the model instead of one for each command.</summary>
    [Parameter]
    public SwitchParameter Total { get; set; }

    /// <summary>Also times the simulator on this machine, one thread.</summary>
    [Parameter]
    public SwitchParameter OnHost { get; set; }

    /// <summary>Runs of -OnHost, of which the median counts.</summary>
    [Parameter]
    [ValidateRange(1, 10000)]
    public int Repeat { get; set; } = 10;

    protected override void ProcessRecord()
    {
        string? soc = SocVersion is { } s ? IpuPath.Soc(this, s) : null;
        if (TryRun($"Measuring {Model.Name}", Model, (work, _) => IpuEngine.Measure(Model, soc, OnHost ? Repeat : 0, work.Token), out IpuModelCost cost))
        {
            if (Total)
            {
                WriteObject(cost);
            }
            else
            {
                WriteObject(cost.Commands, enumerateCollection: true);
            }
        }
    }
}
