using System.Management.Automation;
using System.Text;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Files;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Writes an input_config.ini for a model, with comments.</summary>
[Cmdlet(VerbsCommon.New, "IpuInputConfig", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class NewIpuInputConfigCommand : IpuCmdlet
{
    /// <summary>Float models, or the paths of their files.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [Alias("m", "ModelFile", "model_file")]
    [ModelTransformation]
    public IpuModel Model { get; set; } = null!;

    /// <summary>The file, or the folder, to write; by default input_config.ini in the current folder.</summary>
    [Parameter(Position = 0)]
    [Alias("o", "output")]
    public string? Path { get; set; }

    /// <summary>What the network was trained on: one for all images, or one for each input. By default RGB for 3 channels, GRAY for 1, raw data otherwise.</summary>
    [Parameter]
    [Alias("training_input_formats")]
    [ArgumentCompleter(typeof(FormatCompleter))]
    [ValidateNotNull]
    public string[] TrainingFormat { get; set; } = [];

    /// <summary>What the board hands over: one for all images, or one for each input. By default the training format.</summary>
    [Parameter]
    [Alias("input_formats")]
    [ArgumentCompleter(typeof(FormatCompleter))]
    [ValidateNotNull]
    public string[] InputFormat { get; set; } = [];

    /// <summary>Means: numbers for all images, or a text for each image, such as '123.675:116.28:103.53' (red, green, blue).</summary>
    [Parameter]
    [ValidateNotNull]
    public string[] Mean { get; set; } = [];

    /// <summary>Deviations: numbers for all images, or a text for each image.</summary>
    [Parameter]
    [Alias("Std", "std_value")]
    [ValidateNotNull]
    public string[] StdValue { get; set; } = [];

    /// <summary>What the board reads of the outputs.</summary>
    [Parameter]
    [Alias("output_formats")]
    [ValidateSet("RAWDATA_F32_NHWC", "RAWDATA_S16_NHWC", "RAWDATA_U8_NHWC")]
    public string OutputFormat { get; set; } = "RAWDATA_F32_NHWC";

    /// <summary>Replaces an existing file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        IpuModel model = Model;
        var choice = new InputConfigChoice { TrainingFormats = [.. TrainingFormat], InputFormats = [.. InputFormat], Means = [.. Mean], Deviations = [.. StdValue], OutputFormat = OutputFormat };
        if (!Try(model, () => InputConfigTemplate.Write(model, choice), out string text))
        {
            return;
        }

        string file = TargetFile(Path, "input_config.ini");
        if (MayWrite(file, $"Write an input configuration for {model}", Force)
            && Try(file, () => Write(file, text), out FileInfo written))
        {
            WriteObject(written);
        }
    }

    private FileInfo Write(string file, string text)
    {
        AtomicFile.Write(file, Encoding.UTF8.GetBytes(text), Force, StopToken);
        return new FileInfo(file);
    }
}
