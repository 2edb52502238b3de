using System.Management.Automation;
using SgsIpu.Engine;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Goes the whole way from a network's file to an offline image.</summary>
[Cmdlet(VerbsData.ConvertTo, "IpuOffline", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ConvertToIpuOfflineCommand : CalibrationCmdlet
{
    /// <summary>Model files; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName", "ModelFile", "model_file", "m")]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>Caffe's weights, the .caffemodel; the one beside the prototxt under the same name where it is not given.</summary>
    [Parameter]
    [Alias("weight_file")]
    public string? WeightFile { get; set; }

    /// <summary>Shapes of inputs with dynamic dimensions, by name, @{ x = 1, 3, 224, 224 }, or in their order, 1,299,299,3:1,8.</summary>
    [Parameter]
    [Alias("input_shapes")]
    public object? InputShapes { get; set; }

    /// <summary>The image, or its folder; by default the model's name in the current folder.</summary>
    [Parameter]
    [Alias("o", "output_file")]
    public string? Output { get; set; }

    /// <summary>How much work goes into ranges and rounding.</summary>
    [Parameter]
    [Alias("quant_level")]
    public CalibrationLevel QuantLevel { get; set; } = CalibrationLevel.L5;

    /// <summary>The chip.</summary>
    [Parameter]
    [Alias("soc_version")]
    [ArgumentCompleter(typeof(SocCompleter))]
    public string SocVersion { get; set; } = SocProfile.Default.Name;

    /// <summary>What the outputs are; the image says it to those who run it.</summary>
    [Parameter]
    [Alias("c")]
    public ModelCategory Category { get; set; }

    /// <summary>Also writes the float and the fixed model beside the image.</summary>
    [Parameter]
    [Alias("export_models")]
    public SwitchParameter ExportModels { get; set; }

    /// <summary>Replaces existing files.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string file in ResolveFiles(Path, literal: false))
        {
            string target = TargetFile(Output, System.IO.Path.GetFileNameWithoutExtension(file) + ".img");
            string[] targets = ExportModels ? [target, Sibling(target, "_float.sim"), Sibling(target, "_fixed.sim")] : [target];
            if (!targets.All(t => MayWrite(t, $"Convert {file}", Force)) || !Try(file, () => (Options(file), ReadQuantConfig(), SampleOptions(ReadConfig())), out (ImportOptions Import, QuantConfig? Quant, SampleSourceOptions Samples) p))
            {
                continue;
            }

            if (TryRun($"Converting {System.IO.Path.GetFileName(file)}", file, (work, progress) => Convert(p.Import, p.Samples, p.Quant, targets, work, progress), out FileInfo[] written))
            {
                WriteObject(written, enumerateCollection: true);
            }
        }
    }

    private static string Sibling(string target, string ending) => System.IO.Path.ChangeExtension(target, null) + ending;

    private ImportOptions Options(string file) => new(file)
    {
        WeightFile = WeightFile is { } weights ? IpuPath.Existing(this, weights) : null,
        InputConfigPath = InputConfig is { } config ? IpuPath.Existing(this, config) : null,
        SocVersion = IpuPath.Soc(this, SocVersion),
        InputShapes = ShapeTable.Named(InputShapes),
        InputShapeList = ShapeTable.InOrder(InputShapes),
    };

    private FileInfo[] Convert(ImportOptions import, SampleSourceOptions samples, QuantConfig? quant, string[] targets, PipelineWork work, IProgress<IpuProgress> progress)
    {
        IpuModel model = IpuEngine.Import(import, progress, work.Token);
        using FileSampleSource source = OpenSamples(model, samples, work);
        CalibrationOptions options = WithMode(new CalibrationOptions(source) { Level = QuantLevel, NumProcess = NumProcess }, quant);
        IpuModel quantized = IpuEngine.Calibrate(model, options, progress, work.Token);
        IpuModel[] models = [IpuEngine.Compile(quantized, new CompileOptions { Category = Category }, progress, work.Token), model, quantized];
        for (int i = 0; i < targets.Length; i++)
        {
            IpuEngine.Export(models[i], targets[i], ModelFormat.Sim, Force, work.Token);
        }

        return [.. targets.Select(t => new FileInfo(t))];
    }
}
