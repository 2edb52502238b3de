using System.Management.Automation;
using System.Text;
using SgsIpu.Engine;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Reporting;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Writes what is known of a model as one HTML file.</summary>
[Cmdlet(VerbsData.Export, "IpuReport", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportIpuReportCommand : IpuCmdlet
{
    /// <summary>Models, or the paths of their files.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [Alias("m", "ModelFile", "model_file")]
    [ModelTransformation]
    public IpuModel Model { get; set; } = null!;

    /// <summary>The file, or the folder, to write; by default the model's name in the current folder.</summary>
    [Parameter(Position = 0)]
    [Alias("o", "output")]
    public string? Path { get; set; }

    /// <summary>Rows of Compare-IpuModel.</summary>
    [Parameter]
    [ValidateNotNull]
    public IpuTensorComparison[] Comparison { get; set; } = [];

    /// <summary>The chip that costs are counted for, or the .json file of a profile; the model's by default.</summary>
    [Parameter]
    [Alias("soc_version")]
    [ArgumentCompleter(typeof(SocCompleter))]
    public string? SocVersion { get; set; }

    /// <summary>Replaces an existing file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        string file = TargetFile(Path, $"{Model.Name}_{Model.Stage.ToString().ToLowerInvariant()}.html");
        string? soc = SocVersion is { } s ? IpuPath.Soc(this, s) : null;
        if (MayWrite(file, $"Write a report of {Model}", Force) && TryRun($"Reporting {Model.Name}", Model, (work, _) => Write(file, soc, work.Token), out FileInfo written))
        {
            WriteObject(written);
        }
    }

    private FileInfo Write(string file, string? soc, CancellationToken cancellationToken)
    {
        IpuModelCost? cost = Model.Stage == IpuStage.Float ? null : IpuEngine.Measure(Model, soc, 0, cancellationToken);
        AtomicFile.Write(file, Encoding.UTF8.GetBytes(HtmlReport.Write(Model, cost, Comparison)), Force, cancellationToken);
        return new FileInfo(file);
    }
}
