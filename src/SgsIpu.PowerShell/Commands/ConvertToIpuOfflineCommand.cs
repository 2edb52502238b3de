using System.Management.Automation;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Goes the whole way from a network's file to an offline image.</summary>
[Cmdlet(VerbsData.ConvertTo, "IpuOffline", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ConvertToIpuOfflineCommand : CalibrationCmdlet
{
    /// <summary>Model files; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName", "ModelFile", "model_file", "graph_def_file", "m")]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>The framework, where the file's name does not tell it.</summary>
    [Parameter]
    public Framework? Framework { get; set; }

    /// <summary>Caffe's weights, the .caffemodel; the one beside the prototxt under the same name where it is not given.</summary>
    [Parameter]
    [Alias("weight_file")]
    public string? WeightFile { get; set; }

    /// <summary>Shapes of inputs with dynamic dimensions, by name, @{ x = 1, 3, 224, 224 }, or in their order, 1,299,299,3:1,8.</summary>
    [Parameter]
    [Alias("input_shapes")]
    public object? InputShapes { get; set; }

    /// <summary>Leaves the graph as the file has it.</summary>
    [Parameter]
    [Alias("skip_simplify")]
    public SwitchParameter SkipSimplify { get; set; }

    /// <summary>Tensors that become the inputs.</summary>
    [Parameter]
    [Alias("input_arrays")]
    [ValidateNotNull]
    public string[] InputName { get; set; } = [];

    /// <summary>Tensors that become the outputs.</summary>
    [Parameter]
    [Alias("output_arrays")]
    [ValidateNotNull]
    public string[] OutputName { get; set; } = [];

    /// <summary>The image, or its folder; by default the model's name in the current folder.</summary>
    [Parameter]
    [Alias("o", "output_file")]
    public string? Output { get; set; }

    /// <summary>The chip.</summary>
    [Parameter]
    [Alias("soc_version")]
    [ArgumentCompleter(typeof(SocCompleter))]
    public string SocVersion { get; set; } = SocProfile.Default.Name;

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
            if (!targets.All(t => MayWrite(t, $"Convert {file}", Force)) || !Try(file, Prepare, out (CalibrationFiles Files, SampleSourceOptions Samples) p) || !Try(file, () => ImportOptions(file), out ImportOptions import))
            {
                continue;
            }

            if (TryRun($"Converting {System.IO.Path.GetFileName(file)}", file, (work, progress) => Convert(import, p.Samples, p.Files, targets, work, progress), out IpuModel model))
            {
                Tell(model);
                WriteObject(targets.Select(t => new FileInfo(t)), enumerateCollection: true);
            }
        }
    }

    private static string Sibling(string target, string ending) => System.IO.Path.ChangeExtension(target, null) + ending;

    private (CalibrationFiles Files, SampleSourceOptions Samples) Prepare()
    {
        CalibrationFiles files = ReadFiles();
        return (files, SampleOptions(files.Config));
    }

    private ImportOptions ImportOptions(string file) => new(file)
    {
        Framework = Framework,
        WeightFile = WeightFile is { } weights ? IpuPath.Existing(this, weights) : null,
        InputConfigPath = InputConfig is { } config ? IpuPath.Existing(this, config) : null,
        SkipSimplify = SkipSimplify,
        SocVersion = IpuPath.Soc(this, SocVersion),
        InputShapes = ShapeTable.Named(InputShapes),
        InputShapeList = ShapeTable.InOrder(InputShapes),
        InputNames = [.. NameList.Of(InputName)],
        OutputNames = [.. NameList.Of(OutputName)],
    };

    /// <summary>Writes all targets and returns the fixed model, which knows how it was made.</summary>
    private IpuModel Convert(ImportOptions import, SampleSourceOptions samples, CalibrationFiles files, string[] targets, PipelineWork work, IProgress<IpuProgress> progress)
    {
        IpuModel model = IpuEngine.Import(import, progress, work.Token);
        using FileSampleSource source = OpenSamples(model, samples, work);
        IpuModel quantized = IpuEngine.Calibrate(model, Options(new CalibrationOptions(source), files), progress, work.Token);
        var compile = new CompileOptions { Batch = [.. Batch.Distinct().Order()], BatchMode = BatchMode, Category = Category };
        IpuModel[] models = [IpuEngine.Compile(quantized, compile, progress, work.Token), model, quantized];
        for (int i = 0; i < targets.Length; i++)
        {
            IpuEngine.Export(models[i], targets[i], ModelFormat.Sim, Force, work.Token);
        }

        return quantized;
    }
}
