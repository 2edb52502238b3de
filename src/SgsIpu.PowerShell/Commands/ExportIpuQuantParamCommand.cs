using System.Management.Automation;
using SgsIpu.Engine;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.QuantParams;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Writes the quantization parameters of fixed models.</summary>
[Cmdlet(VerbsData.Export, "IpuQuantParam", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportIpuQuantParamCommand : IpuCmdlet
{
    /// <summary>Fixed models, or the paths of their files.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [Alias("m", "ModelFile", "model_file")]
    [ModelTransformation]
    public IpuModel Model { get; set; } = null!;

    /// <summary>The file, or the folder, to write; by default the model's name in the current folder.</summary>
    [Parameter(Position = 0)]
    [Alias("o", "output", "output_file")]
    public string? Path { get; set; }

    /// <summary>Forms to write.</summary>
    [Parameter]
    [Alias("output_mode")]
    [ValidateNotNull]
    public QuantParamFormat[] Format { get; set; } = [QuantParamFormat.Json];

    /// <summary>Adds the values of weights, biases and other constants.</summary>
    [Parameter]
    public SwitchParameter IncludeData { get; set; }

    /// <summary>Replaces an existing file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        IpuModel model = Model;
        foreach (QuantParamFormat format in Format.Distinct())
        {
            string extension = format == QuantParamFormat.Json ? ".json" : ".pkl";
            string file = TargetFile(Path, $"{model.Name}_quant_param{extension}");
            file = Format.Length > 1 ? System.IO.Path.ChangeExtension(file, extension) : file;
            if (MayWrite(file, $"Export the quantization parameters of {model}", Force)
                && TryRun(
                    $"Writing {file}",
                    model,
                    (work, _) =>
                    {
                        byte[] content = QuantParamFile.Write(QuantParamExport.Of(model, IncludeData), format);
                        AtomicFile.Write(file, content, Force, work.Token);
                        return new FileInfo(file);
                    },
                    out FileInfo written))
            {
                WriteObject(written);
            }
        }
    }
}
