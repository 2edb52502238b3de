using System.Management.Automation;
using SgsIpu.Engine;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Writes models as .sim files.</summary>
[Cmdlet(VerbsData.Export, "IpuModel", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportIpuModelCommand : IpuCmdlet
{
    /// <summary>Models.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [Alias("m", "ModelFile", "model_file")]
    [ModelTransformation]
    public IpuModel Model { get; set; } = null!;

    /// <summary>The file, or the folder, to write; by default the model's name and stage in the current folder.</summary>
    [Parameter(Position = 0)]
    [Alias("o", "output", "output_file")]
    public string? Path { get; set; }

    /// <summary>What is written.</summary>
    [Parameter]
    public ModelFormat Format { get; set; } = ModelFormat.Sim;

    /// <summary>Replaces an existing file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        string extension = Model.Stage == IpuStage.Offline ? ".img" : Format == ModelFormat.Onnx ? ".onnx" : ".sim";
        string file = TargetFile(Path, $"{Model.Name}_{Model.Stage.ToString().ToLowerInvariant()}{extension}");
        if (MayWrite(file, $"Export {Model}", Force)
            && TryRun($"Writing {file}", Model, (work, _) => Write(file, work.Token), out FileInfo written))
        {
            WriteObject(written);
        }
    }

    private FileInfo Write(string file, CancellationToken cancellationToken)
    {
        IpuEngine.Export(Model, file, Format, Force, cancellationToken);
        return new FileInfo(file);
    }
}
