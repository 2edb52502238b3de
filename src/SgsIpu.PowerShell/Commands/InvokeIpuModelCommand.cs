using System.Collections.Specialized;
using System.Management.Automation;
using System.Runtime.ExceptionServices;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Runs models of any stage over images.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "IpuModel", SupportsShouldProcess = true)]
[OutputType(typeof(IpuResult))]
public sealed class InvokeIpuModelCommand : SampleCmdlet
{
    private string[] _labels = [];

    /// <summary>Models, or the paths of their files.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [Alias("m", "ModelFile", "model_file")]
    [ModelTransformation]
    public IpuModel Model { get; set; } = null!;

    /// <summary>How outputs are read.</summary>
    [Parameter]
    [Alias("c")]
    public ResultCategory Category { get; set; }

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
    public string[] Tensor { get; set; } = [];

    /// <summary>A folder that every output is written to as a .npy array: image, stage and tensor make the file's name.</summary>
    [Parameter]
    [Alias("dump_rawdata")]
    public string? DumpRawData { get; set; }

    /// <summary>Replaces existing files of -DumpRawData.</summary>
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
        IpuModel model = Model;
        if (!Try(model, () => SampleOptions(ReadConfig()), out SampleSourceOptions samples))
        {
            return;
        }

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
                    var options = new RunOptions(source) { NumProcess = NumProcess, Observed = [.. Tensor] };
                    foreach (RunResult result in IpuEngine.Run(model, options, progress, work.Token))
                    {
                        if (dump is not null)
                        {
                            Write(dump, model, result, work.Token);
                        }

                        IpuResult row = Row(model, result);
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

    private IpuResult Row(IpuModel model, RunResult result)
    {
        var outputs = new OrderedDictionary(StringComparer.Ordinal);
        foreach ((string name, Tensor value) in result.Outputs)
        {
            outputs.Add(name, new IpuTensor(name, value));
        }

        return new IpuResult(result.Source, model.Name, model.Stage.ToString(), outputs, Category == ResultCategory.Classification ? Best(result.Outputs[model.Graph.Outputs[0]]) : []);
    }

    private IpuClass[] Best(Tensor scores) =>
    [
        .. scores.ToFloats().Select((score, index) => (Score: score, Index: index))
            .OrderByDescending(s => s.Score).ThenBy(s => s.Index).Take(Top)
            .Select(s => new IpuClass(s.Index, s.Score, s.Index < _labels.Length ? _labels[s.Index].Trim() : "")),
    ];
}
