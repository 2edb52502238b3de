using System.Collections.Immutable;
using System.Collections.Specialized;
using System.Management.Automation;
using System.Runtime.ExceptionServices;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Results;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Runs models of any stage over images.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "IpuModel", SupportsShouldProcess = true, DefaultParameterSetName = ByModel)]
[OutputType(typeof(IpuResult))]
public sealed class InvokeIpuModelCommand : SampleCmdlet
{
    private const string ByModel = "Model";
    private const string ByStage = "Stage";

    private string[] _labels = [];

    /// <summary>Models, or the paths of their files.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByModel)]
    [Alias("m", "ModelFile", "model_file")]
    [ModelTransformation]
    public IpuModel Model { get; set; } = null!;

    /// <summary>The models of a network in stages, or the paths of their files.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByStage)]
    [ModelTransformation]
    public IpuModel[] Stage { get; set; } = [];

    /// <summary>Runs the stages on one sample: param($x) takes the inputs of the first, $Stage holds a session of each.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByStage)]
    public ScriptBlock Forward { get; set; } = null!;

    /// <summary>How outputs are read; what an image says by default.</summary>
    [Parameter]
    [Alias("c")]
    public ModelCategory? Category { get; set; }

    /// <summary>Boxes of a lower score are left out.</summary>
    [Parameter]
    [ValidateRange(0.0, 1.0)]
    public double Threshold { get; set; } = 0.3;

    /// <summary>A folder that pictures with the boxes drawn on them are written to.</summary>
    [Parameter]
    [Alias("draw_result")]
    public string? DrawResult { get; set; }

    /// <summary>A file with one label a line.</summary>
    [Parameter]
    public string? Label { get; set; }

    /// <summary>Classes that a classification returns.</summary>
    [Parameter]
    [ValidateRange(1, 100000)]
    public int Top { get; set; } = 5;

    /// <summary>Further tensors to return, by name.</summary>
    [Parameter]
    [Alias("DumpTensor")]
    [ArgumentCompleter(typeof(TensorCompleter))]
    [ValidateNotNull]
    public string[] Tensor { get; set; } = [];

    /// <summary>A folder that every output is written to as a .npy array: image, stage and tensor make the file's name.</summary>
    [Parameter]
    [Alias("dump_rawdata")]
    public string? DumpRawData { get; set; }

    /// <summary>Replaces existing files of -DumpRawData and -DrawResult.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void BeginProcessing()
    {
        if (Label is not null)
        {
            try
            {
                _labels = File.ReadAllLines(IpuPath.Existing(this, Label));
            }
            catch (IpuException e)
            {
                ThrowTerminatingError(new ErrorRecord(e, e.ErrorId, ErrorCategory.ObjectNotFound, Label));
            }
        }
    }

    protected override void ProcessRecord()
    {
        IpuModel model = ParameterSetName == ByStage ? Stage[0] : Model;
        if (!Try(model, () => SampleOptions(ReadConfig()), out SampleSourceOptions samples))
        {
            return;
        }

        ModelCategory category = Category ?? model.Image?.Category ?? ModelCategory.Unknown;
        if (ParameterSetName != ByStage && !Try(model, () => { OutputContract.Check(model, category); return true; }, out _))
        {
            return;
        }

        string? draw = category == ModelCategory.Detection && DrawResult is { } pictures && ShouldProcess(FullPath(pictures), $"Draw the boxes of {model}") ? FullPath(pictures) : null;
        string? dump = DumpRawData is { } folder && ShouldProcess(FullPath(folder), $"Write the outputs of {model}") ? FullPath(folder) : null;
        ExceptionDispatchInfo? downstream = null;
        try
        {
            TryRun(
                $"Running {model.Name}",
                model,
                (work, progress) =>
                {
                    using FileSampleSource source = OpenSamples(model, samples, work);
                    foreach (RunResult result in Results(model, source, progress, work))
                    {
                        if (dump is not null)
                        {
                            Write(dump, model, result, work.Token);
                        }

                        IpuResult row = Row(model, result, category);
                        if (category == ModelCategory.Detection)
                        {
                            row = row with { Boxes = Boxes(model, result, source, draw, work.Token) };
                        }

                        work.Post(() => downstream ??= Hand(row, work));
                    }

                    return true;
                },
                out _);
        }
        catch (OperationCanceledException) when (downstream is not null)
        {
            // The run ended because nobody takes its results.
        }

        downstream?.Throw();
    }

    private IEnumerable<RunResult> Results(IpuModel model, FileSampleSource samples, IProgress<IpuProgress> progress, PipelineWork work) => ParameterSetName == ByStage
        ? StagedRun.Over(Stage, Forward, FullPath, samples, work, progress)
        : IpuEngine.Run(model, new RunOptions(samples) { NumProcess = NumProcess, Observed = [.. Tensor] }, progress, work.Token);

    /// <summary>Writes a row while the run goes on. What a command further down throws is not this run's failure; it is returned.</summary>
    private ExceptionDispatchInfo? Hand(IpuResult row, PipelineWork work)
    {
        try
        {
            WriteObject(row);
            return null;
        }
        catch (RuntimeException e) when (e is not PipelineStoppedException)
        {
            work.Abandon();
            return ExceptionDispatchInfo.Capture(e);
        }
    }

    private void Write(string folder, IpuModel model, RunResult result, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        foreach ((string name, Tensor value) in result.Outputs)
        {
            string file = $"{Path.GetFileNameWithoutExtension(result.Source)}_{model.Stage.ToString().ToLowerInvariant()}_{string.Join('_', name.Split(Path.GetInvalidFileNameChars()))}.npy";
            AtomicFile.Write(Path.Combine(folder, file), NpyFile.Write(value), Force, cancellationToken);
        }
    }

    private IpuResult Row(IpuModel model, RunResult result, ModelCategory category)
    {
        var outputs = new OrderedDictionary(StringComparer.Ordinal);
        foreach ((string name, Tensor value) in result.Outputs)
        {
            outputs.Add(name, new IpuTensor(name, value));
        }

        string names = ParameterSetName == ByStage ? string.Join(", ", Stage.Select(s => s.Name)) : model.Name;
        return new IpuResult(result.Source, names, model.Stage.ToString(), outputs, category == ModelCategory.Classification ? Best(Read(model, result, category)[0]) : []);
    }

    /// <summary>The boxes in pixels of the picture; in parts of it where the sample is no picture.</summary>
    private IpuBox[] Boxes(IpuModel model, RunResult result, FileSampleSource source, string? draw, CancellationToken cancellationToken)
    {
        ImmutableArray<DetectedBox> boxes = OutputContract.Boxes(Read(model, result, ModelCategory.Detection), (float)Threshold);
        bool picture = File.Exists(result.Source) && !result.Source.EndsWith(".npy", StringComparison.OrdinalIgnoreCase);
        (int width, int height) = (1, 1);
        if (picture)
        {
            (width, height) = BoxPainter.SizeOf(result.Source);
            Placement place = source.Place(width, height);
            boxes = [.. boxes.Select(b => b.ToPicture(place))];
        }

        if (draw is not null && picture)
        {
            Directory.CreateDirectory(draw);
            string file = Path.Combine(draw, $"{Path.GetFileNameWithoutExtension(result.Source)}_{model.Stage.ToString().ToLowerInvariant()}.png");
            AtomicFile.Write(file, BoxPainter.Draw(result.Source, boxes), Force, cancellationToken);
        }

        return [.. boxes.Select(b => new IpuBox(b.Class, LabelOf(b.Class), b.Score, b.X1 * width, b.Y1 * height, b.X2 * width, b.Y2 * height))];
    }

    private string LabelOf(int index) => index >= 0 && index < _labels.Length ? _labels[index].Trim() : "";

    /// <summary>The outputs that a category reads; of a script, what it returned.</summary>
    private ImmutableArray<Tensor> Read(IpuModel model, RunResult result, ModelCategory category)
    {
        if (ParameterSetName != ByStage)
        {
            return [.. model.Graph.Outputs.Select(o => result.Outputs[o])];
        }

        OutputContract.Check("-Forward", [.. result.Outputs.Select(o => new TensorSpec(o.Key, o.Value.Type, o.Value.Shape))], category);
        return [.. result.Outputs.Values];
    }

    private IpuClass[] Best(Tensor scores) =>
    [
        .. scores.ToFloats().Select((score, index) => (Score: score, Index: index))
            .OrderByDescending(s => s.Score).ThenBy(s => s.Index).Take(Top)
            .Select(s => new IpuClass(s.Index, s.Score, LabelOf(s.Index))),
    ];
}
