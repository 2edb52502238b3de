using System.Collections.Frozen;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Passes;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>Makes a fixed model of a float one: decides types, observes ranges, rounds.</summary>
internal static class Calibrator
{
    /// <summary>Share of the values that level 2 may take for outliers at each side of an 8-bit tensor.</summary>
    private const double OutlierShare = 1e-4;

    private const int UInt8Levels = 256;

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
        using var collector = new StatisticsCollector(graph, new PrecisionPlan(graph, model.InputConfig).Observe(FormatRanges(model).Keys.ToFrozenSet()).Observed);
        IReadOnlyDictionary<string, ActivationStatistics> statistics = collector.Collect(options.Samples, options.NumProcess, progress, cancellationToken);
        return Quantize(new CalibrationState(model, options.Level, statistics), progress, cancellationToken);
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

        return Quantize(state with { Float = state.Float with { Given = [.. state.Float.Given, .. wishes] } }, progress, cancellationToken);
    }

    /// <summary>Decides types and ranges, and rounds.</summary>
    private static IpuModel Quantize(CalibrationState state, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        IpuModel model = state.Float;
        var given = new GivenTable(model.Graph, model.Given);
        model = model with { Graph = given.Graph };
        var plan = new PrecisionPlan(model.Graph, model.InputConfig, given);
        given.SettleBits(plan);
        TensorRanges ranges = Ranges(model, plan, state, given, cancellationToken);
        progress?.Report(new IpuProgress("Rounding weights", 0, 0));
        Graph graph = Quantizer.Quantize(model, plan, ranges, state.Statistics, state.Level, given, cancellationToken);
        return model with { Stage = IpuStage.Fixed, Graph = graph, Calibration = state, Report = new CalibrationReport { Given = given.Outcomes } };
    }

    /// <summary>Ranges of inputs that their formats say beforehand.</summary>
    private static Dictionary<string, (double Min, double Max)> FormatRanges(IpuModel model)
    {
        var known = new Dictionary<string, (double, double)>(StringComparer.Ordinal);
        foreach (InputSetting input in model.InputConfig?.Inputs ?? [])
        {
            if (Boundary.KnownRange(input) is { } range)
            {
                known[input.Name] = range;
            }
        }

        return known;
    }

    private static TensorRanges Ranges(IpuModel model, PrecisionPlan plan, CalibrationState state, GivenTable given, CancellationToken cancellationToken)
    {
        Graph graph = model.Graph;
        var ranges = new TensorRanges();
        foreach ((string input, (double, double) range) in FormatRanges(model))
        {
            ranges.Set(input, range);
        }

        foreach (string tensor in graph.Nodes.SelectMany(n => n.Outputs))
        {
            if (plan.KnownRange(tensor) is { } range)
            {
                ranges.Set(tensor, range);
            }
        }

        foreach ((string tensor, ActivationStatistics seen) in state.Statistics)
        {
            ranges.Set(tensor, RangeEstimator.MinMax(seen));
            if (state.Level >= CalibrationLevel.L2)
            {
                ranges.Set(tensor, DataType.UInt8, RangeEstimator.WithoutOutliers(seen, UInt8Levels, OutlierShare));
            }
        }

        given.SettleRanges(plan, ranges);
        foreach (ActivationStatistics seen in state.Statistics.Values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (given.Range(seen.Tensor) is not { IsPerTensor: true })
            {
                SetChannels(graph, plan, ranges, seen, given.Range(seen.Tensor));
            }
        }

        return ranges;
    }

    /// <summary>Gives a tensor that only convolutions read in 8 bits a scale for each channel.</summary>
    private static void SetChannels(Graph graph, PrecisionPlan plan, TensorRanges ranges, ActivationStatistics seen, GivenRange? given)
    {
        IReadOnlyList<ChannelConsumer> consumers = plan.ChannelConsumers(seen.Tensor);
        if (consumers.Count == 0)
        {
            return;
        }

        // Convolutions write any scales; other operators write INT16, which is requantized.
        if (plan.TypeOf(seen.Tensor) == DataType.UInt8)
        {
            if (graph.Producer(seen.Tensor) is not { } producer || plan.Rule(producer).Class == QuantClass.Preserving)
            {
                return;
            }

            // Bounds other than those of ReLU would be another integer in each channel.
            if (FusedActivation.Of(producer.Op) is { } bounds && bounds.Min != 0 && !(float.IsNegativeInfinity(bounds.Min) && float.IsPositiveInfinity(bounds.Max)))
            {
                return;
            }

            if (plan.Rule(producer) is not { Class: QuantClass.Convolution, Weight: >= 0 } || producer.Op is BatchMatMulOp)
            {
                plan.Widen(seen.Tensor);
            }
        }

        int axis = graph[seen.Tensor].Shape.Rank - 1;
        ranges.SetChannels(seen.Tensor, ChannelScales.Choose(seen, ranges.Range(seen.Tensor, DataType.UInt8), axis, consumers, given));
    }
}
