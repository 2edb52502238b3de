using System.Management.Automation;
using SgsIpu.Core;
using SgsIpu.Engine;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Reads a network and makes a float model of it, or reads a .sim or .img at its stage.</summary>
[Cmdlet(VerbsData.Import, "IpuModel")]
[OutputType(typeof(IpuModel))]
public sealed class ImportIpuModelCommand : IpuCmdlet
{
    /// <summary>Model files; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName", "ModelFile", "model_file", "graph_def_file", "Model", "m")]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>The framework, where the file's name does not tell it.</summary>
    [Parameter]
    public Framework? Framework { get; set; }

    /// <summary>Caffe's weights, the .caffemodel; the one beside the prototxt under the same name where it is not given.</summary>
    [Parameter]
    [Alias("weight_file")]
    public string? WeightFile { get; set; }

    /// <summary>The input_config.ini.</summary>
    [Parameter]
    [Alias("input_config")]
    public string? InputConfig { get; set; }

    /// <summary>Shapes of inputs with dynamic dimensions, by name, @{ x = 1, 3, 224, 224 }, or in their order, 1,299,299,3:1,8.</summary>
    [Parameter]
    [Alias("input_shapes")]
    public object? InputShapes { get; set; }

    /// <summary>Leaves the graph as the file has it.</summary>
    [Parameter]
    [Alias("skip_simplify")]
    public SwitchParameter SkipSimplify { get; set; }

    /// <summary>The chip.</summary>
    [Parameter]
    [Alias("soc_version")]
    [ArgumentCompleter(typeof(SocCompleter))]
    public string SocVersion { get; set; } = SocProfile.Default.Name;

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

    protected override void ProcessRecord()
    {
        foreach (string file in ResolveFiles(Path, literal: false))
        {
            if (Try(file, () => Options(file), out ImportOptions options)
                && TryRun($"Importing {System.IO.Path.GetFileName(file)}", file, (work, progress) => IpuEngine.Import(options, progress, work.Token), out IpuModel model))
            {
                foreach (string note in model.Notes)
                {
                    WriteVerbose($"{System.IO.Path.GetFileName(file)}: {note}");
                }

                WriteObject(model);
            }
        }
    }

    private ImportOptions Options(string file) => new(file)
    {
        Framework = Framework,
        WeightFile = WeightFile is { } weights ? IpuPath.Existing(this, weights) : null,
        InputConfigPath = InputConfig is { } config ? IpuPath.Existing(this, config) : null,
        InputShapes = ShapeTable.Named(InputShapes),
        InputShapeList = ShapeTable.InOrder(InputShapes),
        SkipSimplify = SkipSimplify,
        SocVersion = IpuPath.Soc(this, SocVersion),
        InputNames = [.. NameList.Of(InputName)],
        OutputNames = [.. NameList.Of(OutputName)],
    };
}
