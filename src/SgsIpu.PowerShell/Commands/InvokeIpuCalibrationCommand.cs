using System.Collections.Immutable;
using System.Management.Automation;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Makes fixed models of float ones.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "IpuCalibration", DefaultParameterSetName = ByModel)]
[OutputType(typeof(IpuModel))]
public sealed class InvokeIpuCalibrationCommand : CalibrationCmdlet
{
    private const string ByModel = "Model";
    private const string ByStage = "Stage";

    /// <summary>Float models, or the paths of their files.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByModel)]
    [Alias("m", "ModelFile", "model_file")]
    [ModelTransformation]
    public IpuModel Model { get; set; } = null!;

    /// <summary>The float models of a network in stages, or the paths of their files.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByStage)]
    [ModelTransformation]
    public IpuModel[] Stage { get; set; } = [];

    /// <summary>Runs the stages on one sample: param($x) takes the inputs of the first, $Stage holds a session of each.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByStage)]
    public ScriptBlock Forward { get; set; } = null!;

    /// <summary>Replaces the model's chip.</summary>
    [Parameter]
    [Alias("soc_version")]
    [ArgumentCompleter(typeof(SocCompleter))]
    public string? SocVersion { get; set; }

    /// <summary>Files of statistics that Export-IpuStatistics wrote, in place of images. Several are the parts of one set of samples.</summary>
    [Parameter(ParameterSetName = ByModel)]
    [ValidateNotNull]
    public string[] Statistics { get; set; } = [];

    /// <summary>Gives convolutions 16 bits as long as one run takes no more cycles on the chip (an estimate, see Measure-IpuModel).</summary>
    [Parameter(ParameterSetName = ByModel)]
    [ValidateRange(1.0, 1e15)]
    public double? MaxCycles { get; set; }

    /// <summary>Gives convolutions 16 bits as long as one run moves no more bytes of main memory (an estimate, see Measure-IpuModel).</summary>
    [Parameter(ParameterSetName = ByModel)]
    [ValidateRange(1, long.MaxValue)]
    public long? MaxBytes { get; set; }

    /// <summary>Gives as few convolutions 16 bits as the outputs need for this signal-to-noise ratio in dB (level L5, modes Q12 and Q22).</summary>
    [Parameter(ParameterSetName = ByModel)]
    [ValidateRange(0.0, 120.0)]
    public double? TargetSqnr { get; set; }

    protected override void ProcessRecord()
    {
        if (ParameterSetName == ByStage)
        {
            CalibrateStages();
            return;
        }

        if (!Try(Model, Prepare, out Prepared p))
        {
            return;
        }

        IpuModel model = SocVersion is null ? Model : Model with { SocVersion = SocProfile.Of(IpuPath.Soc(this, SocVersion)).Name };
        WriteVerbose($"{model.Name}: {(QMode is { } mode ? $"mode {mode}" : $"level {QuantLevel}")}");
        bool done = TryRun(
            $"Calibrating {model.Name}",
            model,
            (work, progress) =>
            {
                using FileSampleSource? samples = p.Samples is null ? null : OpenSamples(model, p.Samples, work);
                CalibrationOptions options = samples is null ? CalibrationOptions.From(p.Statistics!) : new CalibrationOptions(samples);
                options = Options(options, p.Files) with { Budget = MaxCycles is null && MaxBytes is null ? null : new CostBudget(MaxCycles, MaxBytes), TargetSqnr = TargetSqnr };
                return IpuEngine.Calibrate(model, options, progress, work.Token);
            },
            out IpuModel result);
        if (done)
        {
            Tell(result);
            WriteObject(result);
        }
    }

    private void CalibrateStages()
    {
        if (!Try(Stage, Prepare, out Prepared p)
            || !Try(Stage, () => Named(p.Files.Given), out ImmutableArray<GivenQuantization>[] given))
        {
            return;
        }

        IpuModel[] stages = [.. Stage.Select(s => SocVersion is null ? s : s with { SocVersion = SocProfile.Of(SocVersion).Name })];
        bool done = TryRun(
            $"Calibrating {string.Join(", ", stages.Select(s => s.Name))}",
            stages,
            (work, progress) =>
            {
                using FileSampleSource samples = OpenSamples(stages[0], p.Samples!, work);
                return StagedCalibration.Run(
                    stages, Forward, FullPath, samples, (i, recorded) => Options(new CalibrationOptions(recorded), p.Files with { Given = given[i] }), work, progress);
            },
            out IpuModel[] results);
        foreach (IpuModel result in done ? results : [])
        {
            Tell(result);
            WriteObject(result);
        }
    }

    /// <summary>What is asked of the tensors of each stage. A tensor that no stage has is told by the first.</summary>
    private ImmutableArray<GivenQuantization>[] Named(ImmutableArray<GivenQuantization> given) => InputConfig is null
        ? [.. Stage.Select((s, i) => given.Where(g => s.Graph.Tensors.ContainsKey(g.Tensor) || (i == 0 && !Stage.Any(o => o.Graph.Tensors.ContainsKey(g.Tensor)))).ToImmutableArray())]
        : throw new IpuException("StageConfig", "each stage has an input_config.ini of its own: give it to Import-IpuModel", IpuErrorKind.InvalidArgument);

    private Prepared Prepare()
    {
        CalibrationFiles files = ReadFiles();
        if (Statistics.Length == 0)
        {
            return new Prepared(files, SampleOptions(files.Config), null);
        }

        string[] statistics = [.. Statistics.SelectMany(f => IpuPath.Expand(this, f, literal: false))];
        return Image.Length > 0
            ? throw new IpuException("StatisticsAndImages", "-Statistics takes the place of -Image: give one of them", IpuErrorKind.InvalidArgument)
            : new Prepared(files, null, CalibrationStatistics.Merge([.. statistics.Select(CalibrationStatistics.Read)]));
    }

    private sealed record Prepared(CalibrationFiles Files, SampleSourceOptions? Samples, CalibrationStatistics? Statistics);
}
