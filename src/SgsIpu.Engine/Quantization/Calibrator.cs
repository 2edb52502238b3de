using System.Collections.Frozen;
using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization;

/// <summary>Makes a fixed model of a float one: decides types, observes ranges, rounds.</summary>
internal static class Calibrator
{
    /// <exception cref="IpuException">The model is not a float one (id <c>StageMismatch</c>), there are no samples (<c>NoSamples</c>), or a
    /// sample does not fit.</exception>
    public static IpuModel Calibrate(IpuModel model, CalibrationOptions options, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        if (model.Stage != IpuStage.Float)
        {
            throw new IpuException("StageMismatch", $"'{model.Name}' is a {model.Stage} model; calibration takes a Float one", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        if (options.Level > CalibrationLevel.L2)
        {
            throw new IpuException("LevelNotSupported", $"calibration level {options.Level} is not available in this version; L1 and L2 are", IpuErrorKind.NotSupported) { Target = model.Name };
        }

        if (options.Samples.Count == 0)
        {
            throw new IpuException("NoSamples", $"no samples are given to calibrate '{model.Name}' on", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        model = model with { InputConfig = options.InputConfig ?? model.InputConfig, Given = [.. model.Given, .. options.Given] };
        model.InputConfig?.Check(model.Graph);
        Graph graph = new GivenTable(model.Graph, model.Given).Graph;
        PrecisionPlan plan = new PrecisionPlan(graph, model.InputConfig).Observe(RangeDecider.FormatRanges(model.InputConfig).Keys.ToFrozenSet());
        using var collector = new StatisticsCollector(graph, plan.Observed, plan.ObservedByChannel);
        IReadOnlyDictionary<string, ActivationStatistics> statistics = collector.Collect(options.Samples, options.NumProcess, progress, cancellationToken);
        var state = new CalibrationState(model, options.Level, statistics);
        return options.QMode is { } mode
            ? new Reconstruction.QModeCalibrator(state, mode, options, progress).Calibrate(cancellationToken)
            : Quantize(state, null, progress, cancellationToken);
    }

    /// <summary>Makes a fixed model again with other wishes, without running the float one.</summary>
    /// <param name="given">In addition to what was asked before.</param>
    /// <exception cref="IpuException">It is not known what the model was made from (id <c>StatisticsAbsent</c>), or the wishes replace
    /// constants, which changes what is observed (<c>StatisticsStale</c>).</exception>
    public static IpuModel Recalibrate(IpuModel model, IEnumerable<GivenQuantization> given, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        if (model.Calibration is not { } state)
        {
            throw new IpuException("StatisticsAbsent", $"'{model.Name}' was read from a file, which does not hold what was observed; ask the float model and calibrate it again", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        GivenQuantization[] wishes = [.. given];
        if (wishes.FirstOrDefault(w => w.Data is not null) is { } replaced)
        {
            throw new IpuException("StatisticsStale", $"'{model.Name}': other values of '{replaced.Tensor}' change what is observed; ask the float model and calibrate it again", IpuErrorKind.InvalidArgument) { Target = replaced.Tensor };
        }

        return Quantize(state with { Float = state.Float with { Given = [.. state.Float.Given, .. wishes] } }, null, progress, cancellationToken);
    }

    /// <summary>Decides types and ranges, and rounds.</summary>
    /// <param name="chosen">Types of the activations that convolutions read, by node, in place of the configuration's.</param>
    internal static IpuModel Quantize(CalibrationState state, IReadOnlyDictionary<string, DataType>? chosen, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        IpuModel model = state.Float;
        var given = new GivenTable(model.Graph, model.Given);
        model = model with { Graph = given.Graph };
        var plan = new PrecisionPlan(model.Graph, model.InputConfig, given, chosen);
        given.SettleBits(plan);
        var decider = new RangeDecider(model, plan, state.Level, given);
        TensorRanges ranges = decider.Decide(state.Statistics, cancellationToken);
        progress?.Report(new IpuProgress("Rounding weights", 0, 0));
        Graph graph = Quantizer.Quantize(model, plan, ranges, state.Statistics, state.Level, given, cancellationToken);
        return model with { Stage = IpuStage.Fixed, Graph = graph, Calibration = state, Report = new CalibrationReport { Given = given.Outcomes, Decisions = [.. decider.Decisions] } };
    }
}
