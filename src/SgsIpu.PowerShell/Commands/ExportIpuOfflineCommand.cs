using System.Management.Automation;
using SgsIpu.Engine;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Compiles fixed models into offline images.</summary>
[Cmdlet(VerbsData.Export, "IpuOffline", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo), typeof(IpuModel))]
public sealed class ExportIpuOfflineCommand : IpuCmdlet
{
    /// <summary>Fixed models, or the paths of their files.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [Alias("m", "ModelFile", "model_file")]
    [ModelTransformation]
    public IpuModel Model { get; set; } = null!;

    /// <summary>The file, or the folder, to write; by default the folder of the model's file. In a folder the name is the model's with sgsimg.img.</summary>
    [Parameter(Position = 0)]
    [Alias("o", "output", "output_file")]
    public string? Path { get; set; }

    /// <summary>Batch sizes that the image is made for.</summary>
    [Parameter]
    [Alias("b")]
    [ValidateRange(1, 1024)]
    public int[] Batch { get; set; } = [1];

    /// <summary>How the inputs of a batch lie in memory.</summary>
    [Parameter]
    [Alias("batch_mode")]
    [VendorNameTransformation]
    public BatchMode BatchMode { get; set; }

    /// <summary>What the outputs are; the image says it to those who run it.</summary>
    [Parameter]
    [Alias("c")]
    public ModelCategory Category { get; set; }

    /// <summary>Replaces the model's chip: a name, or the .json file of a profile of your own.</summary>
    [Parameter]
    [Alias("soc_version")]
    [ArgumentCompleter(typeof(SocCompleter))]
    public string? SocVersion { get; set; }

    /// <summary>Replaces an existing file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Returns the offline model instead of the file.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        string file = TargetFile(Path ?? System.IO.Path.GetDirectoryName(Model.SourcePath), Model.Name + "sgsimg.img");
        if (!MayWrite(file, $"Export {Model} as offline image", Force))
        {
            return;
        }

        var options = new CompileOptions { Batch = [.. Batch.Distinct().Order()], BatchMode = BatchMode, Category = Category, SocVersion = SocVersion is { } soc ? IpuPath.Soc(this, soc) : null };
        bool done = TryRun(
            $"Compiling {Model.Name}",
            Model,
            (work, progress) =>
            {
                IpuModel offline = IpuEngine.Compile(Model, options, progress, work.Token);
                IpuEngine.Export(offline, file, ModelFormat.Sim, Force, work.Token);
                return offline with { SourcePath = file };
            },
            out IpuModel image);
        if (done)
        {
            WriteObject(PassThru ? image : new FileInfo(file));
        }
    }
}
