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

        model = model with { InputConfig = options.InputConfig ?? model.InputConfig };
        model.InputConfig?.Check(model.Graph);

        var known = new TensorRanges();
        var given = new HashSet<string>(StringComparer.Ordinal);
        foreach (InputSetting input in model.InputConfig?.Inputs ?? [])
        {
            if (Boundary.KnownRange(input) is { } range)
            {
                known.Set(input.Name, range);
                given.Add(input.Name);
            }
        }

        PrecisionPlan plan = new PrecisionPlan(model.Graph, model.InputConfig).Observe(given.ToFrozenSet());
        IReadOnlyDictionary<string, ActivationStatistics> statistics = Observe(model.Graph, plan, known, options, progress, cancellationToken);
        progress?.Report(new IpuProgress("Rounding weights", 0, 0));
        Graph graph = Quantizer.Quantize(model, plan, known, statistics, options.Level, cancellationToken);
        return model with { Stage = IpuStage.Fixed, Graph = graph };
    }

    private static IReadOnlyDictionary<string, ActivationStatistics> Observe(Graph graph, PrecisionPlan plan, TensorRanges ranges, CalibrationOptions options, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        foreach (string tensor in graph.Nodes.SelectMany(n => n.Outputs))
        {
            if (plan.KnownRange(tensor) is { } range)
            {
                ranges.Set(tensor, range);
            }
        }

        using var collector = new StatisticsCollector(graph, plan.Observed);
        IReadOnlyDictionary<string, ActivationStatistics> statistics = collector.Collect(options.Samples, options.NumProcess, progress, cancellationToken);
        foreach ((string tensor, ActivationStatistics seen) in statistics)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ranges.Set(tensor, RangeEstimator.MinMax(seen));
            if (options.Level >= CalibrationLevel.L2)
            {
                ranges.Set(tensor, DataType.UInt8, RangeEstimator.WithoutOutliers(seen, UInt8Levels, OutlierShare));
            }

            SetChannels(graph, plan, ranges, seen);
        }

        return statistics;
    }

    /// <summary>Gives a tensor that only convolutions read in 8 bits a scale for each channel.</summary>
    private static void SetChannels(Graph graph, PrecisionPlan plan, TensorRanges ranges, ActivationStatistics seen)
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
        ranges.SetChannels(seen.Tensor, ChannelScales.Choose(seen, ranges.Range(seen.Tensor, DataType.UInt8), axis, consumers));
    }
}
