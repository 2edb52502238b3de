using System.Collections.Immutable;
using System.Globalization;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Passes;
using SgsIpu.Engine.Quantization.Observers;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Decides which range the integers of each activation cover. Observers propose; the error that a proposal causes at the outputs of the
/// operators that read the tensor decides, not the error of the tensor alone: each channel counts by the squared weights that it meets.
/// </summary>
internal sealed class RangeDecider(IpuModel model, PrecisionPlan plan, CalibrationLevel level, GivenTable given)
{
    /// <summary>Share of the values that level 2 may take for outliers at each side of an 8-bit tensor.</summary>
    private const double OutlierShare = 1e-4;

    private const int UInt8Levels = 256;

    /// <summary>
    /// What 16-bit ranges cover beyond what was seen. Other samples go beyond it, where cutting off would cost far more than the bit that
    /// the headroom takes.
    /// </summary>
    private const double Headroom = 2;

    /// <summary>What is left of the headroom where a bit is dear: where channels differ so much that the small ones need every integer.</summary>
    private const double LittleHeadroom = 1.125;

    /// <summary>What is left of it for tensors that no convolution writes or reads.</summary>
    private const double MiddleHeadroom = 1.25;

    /// <summary>The most that a channel with a scale of its own has of it, where few of its values were seen.</summary>
    private const double MostHeadroom = 4;

    /// <summary>A channel of which so many values were seen has the least headroom; its extremes are the better known the more there were.</summary>
    private const double ValuesForHeadroom = 1 << 20;

    /// <summary>The share of the multiply-accumulates in 16 bits from which on those in 8 bits are few.</summary>
    private const double WideShare = 0.95;

    /// <summary>Element-wise functions of larger numbers have one scale for the tensor.</summary>
    private const double MostByChannel = 1 << 14;

    /// <summary>Signal-to-noise ratio in dB at the readers that leaves a bit to spare.</summary>
    private const double Plenty = 70;

    private readonly Graph _graph = model.Graph;
    private bool? _isWide;
    private readonly TensorRanges _ranges = new();
    private readonly SortedDictionary<string, TensorDecision> _decisions = new(StringComparer.Ordinal);

    /// <summary>What was decided, by tensor.</summary>
    public IEnumerable<TensorDecision> Decisions => _decisions.Values;

    /// <summary>Ranges of inputs that their formats say beforehand.</summary>
    public static Dictionary<string, (double Min, double Max)> FormatRanges(InputConfig? config)
    {
        var known = new Dictionary<string, (double, double)>(StringComparer.Ordinal);
        foreach (InputSetting input in config?.Inputs ?? [])
        {
            if (Boundary.KnownRange(input) is { } range)
            {
                known[input.Name] = range;
            }
        }

        return known;
    }

    /// <summary>Decides all ranges. The plan's types may change: what gets a scale for each channel is stored in 16 bits where its producer cannot write that.</summary>
    public TensorRanges Decide(IReadOnlyDictionary<string, ActivationStatistics> statistics, CancellationToken cancellationToken)
    {
        foreach ((string input, (double, double) range) in FormatRanges(model.InputConfig))
        {
            SetKnown(input, range, "its format says it");
            if (PixelMapping(input) is { } pixels && pixels.Scale.Distinct().Count() == 1)
            {
                double bound = pixels.Scale[0] * short.MaxValue;
                _ranges.Set(input, DataType.Int16, (-bound, bound));
            }

            if (ByteMapping(input) is { } bytes)
            {
                _ranges.SetChannels(input, bytes);
            }
        }

        foreach (string tensor in _graph.Nodes.SelectMany(n => n.Outputs))
        {
            if (plan.KnownRange(tensor) is { } range)
            {
                SetKnown(tensor, range, $"{_graph.Producer(tensor)!.Op.Name} gives no other values");
            }
        }

        ActivationStatistics[] all = [.. statistics.Values];
        var wide = new (double Min, double Max)[all.Length];
        all.ForEachParallel((seen, i) => wide[i] = Wide(seen), cancellationToken);
        for (int i = 0; i < all.Length; i++)
        {
            (double least, double most) = Bounds(all[i].Tensor);
            _ranges.Set(all[i].Tensor, (Math.Max(wide[i].Min, least), Math.Min(wide[i].Max, most)));
            _decisions[all[i].Tensor] = new TensorDecision(all[i].Tensor, "INT16", "MinMax", double.NaN, "16 bits cover more than was seen");
        }

        given.SettleRanges(plan, _ranges);
        foreach (ActivationStatistics seen in all.Where(s => given.Range(s.Tensor) is not null))
        {
            _decisions[seen.Tensor] = new TensorDecision(seen.Tensor, TypeName(seen.Tensor), "Given", double.NaN, "the range was given");
        }

        ActivationStatistics[] byChannel = [.. all.Where(s => given.Range(s.Tensor) is not { IsPerTensor: true } && MayHaveChannels(s.Tensor))];
        SetNarrow([.. all.Where(s => given.Range(s.Tensor) is null).Except(level < CalibrationLevel.L3 ? [] : byChannel)], cancellationToken);
        SetChannels(byChannel, cancellationToken);
        SetWideChannels(statistics);
        return _ranges;
    }

    private void SetNarrow(IReadOnlyList<ActivationStatistics> all, CancellationToken cancellationToken)
    {
        var narrow = new ((double Min, double Max) Range, TensorDecision? Decision)[all.Count];
        all.ForEachParallel((seen, i) => narrow[i] = Narrow(seen), cancellationToken);
        for (int i = 0; i < narrow.Length; i++)
        {
            _ranges.Set(all[i].Tensor, DataType.UInt8, narrow[i].Range);
            _decisions[all[i].Tensor] = narrow[i].Decision ?? _decisions[all[i].Tensor];
        }
    }

    private void SetWideChannels(IReadOnlyDictionary<string, ActivationStatistics> statistics)
    {
        _ranges.Wide = WideChannels.Find(_graph, plan, given, TakesChannels, n => IsWide && ((IpuOperator)n.Op).MultipliesScales, PixelMapping, t => WideRanges(t, statistics), t => _ranges.Mapping(plan.RangeOf(t), DataType.Int16));
        foreach (string tensor in _ranges.Wide.Keys.Where(t => !_decisions.TryGetValue(t, out TensorDecision? decision) || decision.QuantType == "INT16"))
        {
            _decisions[tensor] = new TensorDecision(tensor, "INT16", "MinMax", double.NaN, "16 bits cover more than was seen, each channel with a scale of its own") { ByChannel = true };
        }
    }

    /// <summary>
    /// True where next to all multiply-accumulates run in 16 bits, so that their own noise is what is left. Beside the noise of 8 bits, that of 16
    /// does not show.
    /// </summary>
    private bool IsWide => _isWide ??= MacsOf(DataType.Int16) >= WideShare * (MacsOf(DataType.Int16) + MacsOf(DataType.UInt8));

    private double MacsOf(DataType type) => _graph.Nodes.Where(n => IsConvolution(n) && plan.Precision.Of(n, plan.Rule(n)) == type)
        .Sum(n => (double)((IpuOperator)n.Op).Cost(_graph.InputsOf(n), _graph.OutputsOf(n)).Macs);

    /// <summary>Of an image for which no other range was given than its bytes have.</summary>
    private QuantParam? PixelMapping(string input) =>
        Boundary.PixelMapping(model.InputConfig?.Input(input), _graph[input].Shape) is { } pixels && given.Range(input)?.Same(new GivenRange(pixels.Min, pixels.Max)) != false ? pixels : null;

    /// <summary>Of an image that convolutions read in 8 bits and nothing else does.</summary>
    private QuantParam? ByteMapping(string input) =>
        level > CalibrationLevel.L1 && PixelMapping(input) is not null && plan.ChannelConsumers(input).Count > 0 && plan.MayHaveOffsets(input)
            ? Boundary.Bytes(model.InputConfig?.Input(input), _graph[input].Shape)?.Mapping
            : null;

    /// <summary>What 16 bits cover of each channel.</summary>
    private ChannelRanges WideRanges(string tensor, IReadOnlyDictionary<string, ActivationStatistics> statistics)
    {
        if (given.Range(tensor) is { } wish)
        {
            return ChannelScales.Given(wish);
        }

        (ActivationStatistics seen, int first) = SeenOf(tensor, statistics);
        (double least, double most) = Bounds(tensor);
        int channels = _graph[tensor].Shape[-1];
        double values = (double)_graph[tensor].Shape.Count / channels;
        IEnumerable<int> of = Enumerable.Range(first, channels);
        double headroom = HeadroomOfChannels(seen.Samples * values);
        (double Low, double High)[] reach = LooksAhead
            ? [.. of.Select(c => UnseenExtremes.Range(seen, c, values))]
            : [.. of.Select(c => (headroom * Math.Min(seen.Min[c], 0), headroom * Math.Max(seen.Max[c], 0)))];
        var ranges = new ChannelRanges("MinMax", [.. reach.Select(r => Math.Max(r.Low, least))], [.. reach.Select(r => Math.Min(r.High, most))]);
        return LooksAhead && seen.Tensor == tensor && plan.WeighingConsumers(tensor).Count() == _graph.Consumers(tensor).Count
            ? QuietChannels.Widened(ranges, Gain(seen), Signal(seen, Gain(seen)))
            : ranges;
    }

    /// <summary>True where what other samples have cut off is the loudest noise. Level 1 is minimum and maximum.</summary>
    private bool LooksAhead => IsWide && level > CalibrationLevel.L1;

    /// <param name="values">Values of a channel that were seen.</param>
    private double HeadroomOfChannels(double values) => level == CalibrationLevel.L1 ? 1 : Math.Clamp(1 + Math.Pow(ValuesForHeadroom / values, 0.25), Headroom, MostHeadroom);

    /// <summary>What no value goes beyond, or where what reads it no longer tells values apart.</summary>
    private (double Least, double Most) Bounds(string tensor)
    {
        double least = (_graph.Producer(tensor)?.Op as UnaryFunctionOp)?.Curve?.Least ?? double.NegativeInfinity;
        (double low, double high) = ReadDomain.Of(_graph, tensor);
        return (Math.Max(least, low), high);
    }

    /// <summary>What was seen of a tensor, or of what it is moved to and is part of, and its first channel there.</summary>
    private (ActivationStatistics Seen, int First) SeenOf(string tensor, IReadOnlyDictionary<string, ActivationStatistics> statistics)
    {
        if (statistics.TryGetValue(tensor, out ActivationStatistics? own))
        {
            return (own, 0);
        }

        Node reader = _graph.Consumers(tensor)[0];
        (ActivationStatistics seen, int first) = SeenOf(reader.Outputs[0], statistics);
        return (seen, first + ((IpuOperator)reader.Op).ChannelOf(reader.Inputs.IndexOf(tensor), _graph.InputsOf(reader), _graph[reader.Outputs[0]])!.Value);
    }

    /// <summary>True for an element-wise node that takes a scale for each channel; functions of sigmoid curves take inputs up to a bound.</summary>
    private bool TakesChannels(Node node)
    {
        if (!((IpuOperator)node.Op).TakesChannelScales(_graph.InputsOf(node)) || !_ranges.Has(plan.RangeOf(node.Inputs[0]), DataType.Int16))
        {
            return false;
        }

        (double min, double max) = _ranges.Range(plan.RangeOf(node.Inputs[0]), DataType.Int16);
        return Math.Max(-min, max) < MostByChannel;
    }

    private static double Decibels(double signal, double noise) => signal <= 0 ? double.NaN : 10 * Math.Log10(signal / Math.Max(noise, double.Epsilon));

    private void SetKnown(string tensor, (double Min, double Max) range, string reason)
    {
        _ranges.Set(tensor, range);
        if (plan.IsReal(tensor))
        {
            _decisions[tensor] = new TensorDecision(tensor, TypeName(tensor), "Known", double.NaN, reason);
        }
    }

    private string TypeName(string tensor) => plan.Reads8Bits(tensor) ? "UINT8" : plan.TypeOf(tensor).ToString().ToUpperInvariant();

    /// <summary>The range of a tensor in 8 bits, with one scale for all channels; no decision where nothing reads it so.</summary>
    private ((double Min, double Max) Range, TensorDecision? Decision) Narrow(ActivationStatistics seen)
    {
        (double Min, double Max) extremes = RangeEstimator.MinMax(seen);
        if (level < CalibrationLevel.L3 || !(plan.Reads8Bits(seen.Tensor) || plan.TypeOf(seen.Tensor) == DataType.UInt8))
        {
            (double Min, double Max) range = level == CalibrationLevel.L1 ? extremes : RangeEstimator.WithoutOutliers(seen, UInt8Levels, OutlierShare);
            return (range, plan.Reads8Bits(seen.Tensor)
                ? new TensorDecision(seen.Tensor, "UINT8", range == extremes ? "MinMax" : "Percentile", double.NaN, range == extremes ? "everything that was seen" : "without outliers")
                : null);
        }

        double[] gain = Gain(seen);
        double signal = Signal(seen, gain);
        RangeError[] channels = [.. seen.Channels.Select(c => new RangeError(c, UInt8Levels))];
        var whole = new RangeError(seen.Histogram, UInt8Levels);
        double Error((double Min, double Max) r) => channels.Length == 0 ? whole.Mean(r.Min, r.Max) * gain.Sum() : gain.Zip(channels, (g, c) => g * c.Mean(r.Min, r.Max)).Sum();
        var tried = RangeObservers.All.Select(o => (o.Name, Range: o.Range(whole, extremes))).Select(p => (p.Name, p.Range, Error: Error(p.Range))).ToList();
        (string Name, (double, double) Range, double Error) best = tried.MinBy(t => t.Error);
        return (best.Range, Told(seen.Tensor, best.Name, signal, [.. tried.Select(t => (t.Name, t.Error))], byChannel: false));
    }

    /// <summary>The range of a tensor in 16 bits, with one scale for all channels.</summary>
    private (double Min, double Max) Wide(ActivationStatistics seen)
    {
        if (!LooksAhead)
        {
            double headroom = HeadroomOf(seen);
            (double min, double max) = RangeEstimator.MinMax(seen);
            return (headroom * min, headroom * max);
        }

        // A channel in which what is cut off counts little at the readers is to be content with what the others need.
        double[] gain = Gain(seen);
        double values = gain.Sum() * _graph[seen.Tensor].Shape.Count / gain.Length;
        (double Low, double High)[] reach = [.. gain.Select((g, c) => UnseenExtremes.Range(seen, c, values / g))];
        return (reach.Min(r => r.Low), reach.Max(r => r.High));
    }

    private double HeadroomOf(ActivationStatistics seen)
    {
        // Level 1 is minimum and maximum.
        if (level == CalibrationLevel.L1)
        {
            return 1;
        }

        // Functions of large numbers (the softmax of logits) need the finest steps there are; sums of many products do not.
        if (!IsConvolution(_graph.Producer(seen.Tensor)) && !_graph.Consumers(seen.Tensor).Any(IsConvolution))
        {
            return MiddleHeadroom;
        }

        double[] gain = Gain(seen);
        (double min, double max) = RangeEstimator.MinMax(seen);
        double step = Headroom * Math.Max(-min, max) / short.MaxValue;
        return Decibels(Signal(seen, gain) * Averaged(seen.Tensor), gain.Sum() * step * step / 12) < Plenty ? LittleHeadroom : Headroom;
    }

    /// <summary>Values of which all that read a tensor take the mean, so that rounding, which is another for each, averages out; 1 where one reads the values themselves.</summary>
    private double Averaged(string tensor) => _graph.Consumers(tensor)
        .Select(n => n.Op is ReduceOp { Kind: ReduceKind.Mean } ? (double)_graph[tensor].Shape.Count / _graph[n.Outputs[0]].Shape.Count : 1)
        .DefaultIfEmpty(1).Min();

    private bool IsConvolution(Node? node) => node is not null && plan.Rule(node) is { Class: QuantClass.Convolution, Weight: >= 0 };

    /// <summary>For each channel, the squared weights of the convolutions that read the tensor; alike where they are no ordinary convolutions.</summary>
    private double[] Gain(ActivationStatistics seen)
    {
        var gain = new double[seen.Min.Length];
        foreach (ChannelConsumer consumer in plan.WeighingConsumers(seen.Tensor))
        {
            for (int c = 0; c < gain.Length; c++)
            {
                gain[c] += consumer.Gain[c];
            }
        }

        if (gain.All(g => g == 0))
        {
            Array.Fill(gain, 1);
        }

        return gain;
    }

    private static double Signal(ActivationStatistics seen, double[] gain)
    {
        double signal = 0;
        for (int c = 0; c < gain.Length; c++)
        {
            signal += gain[c] * (seen.Variance(c) + (seen.Mean(c) * seen.Mean(c)));
        }

        return signal;
    }

    private static TensorDecision Told(string tensor, string observer, double signal, ImmutableArray<(string Name, double Error)> tried, bool byChannel)
    {
        ImmutableArray<(string Observer, double Sqnr)> all = [.. tried.Select(t => (t.Name, Decibels(signal, t.Error)))];
        string list = string.Join(", ", all.Select(a => string.Create(CultureInfo.InvariantCulture, $"{a.Observer} {a.Sqnr:0.0}")));
        return new TensorDecision(tensor, "UINT8", observer, all.First(a => a.Observer == observer).Sqnr, $"{(byChannel ? "by channel, " : "")}dB at the readers: {list}") { ByChannel = byChannel, Alternatives = all };
    }

    /// <summary>True for a tensor that only convolutions read in 8 bits, so that it may have a scale for each channel.</summary>
    private bool MayHaveChannels(string tensor)
    {
        if (plan.ChannelConsumers(tensor).Count == 0)
        {
            return false;
        }

        if (plan.TypeOf(tensor) != DataType.UInt8)
        {
            return true;
        }

        // Bounds other than those of ReLU would be another integer in each channel.
        if (_graph.Producer(tensor) is not { } producer || plan.Rule(producer).Class == QuantClass.Preserving
            || (FusedActivation.Of(producer.Op) is { } bounds && bounds.Min != 0 && !(float.IsNegativeInfinity(bounds.Min) && float.IsPositiveInfinity(bounds.Max))))
        {
            return false;
        }

        // Convolutions write any scales, element-wise operators some of them; others write INT16, which is requantized.
        if ((plan.Rule(producer) is not { Class: QuantClass.Convolution, Weight: >= 0 } || producer.Op is BatchMatMulOp) && !TakesChannels(producer))
        {
            plan.Widen(tensor);
        }

        return true;
    }

    private void SetChannels(IReadOnlyList<ActivationStatistics> all, CancellationToken cancellationToken)
    {
        var chosen = new (QuantParam Mapping, TensorDecision Decision)[all.Count];
        all.ForEachParallel((seen, i) => chosen[i] = Channels(seen), cancellationToken);
        for (int i = 0; i < chosen.Length; i++)
        {
            _ranges.SetChannels(all[i].Tensor, chosen[i].Mapping);
            _decisions[all[i].Tensor] = chosen[i].Decision;
        }
    }

    private (QuantParam Mapping, TensorDecision Decision) Channels(ActivationStatistics seen)
    {
        bool mayClip = level >= CalibrationLevel.L3 && !seen.Channels.IsEmpty;
        IEnumerable<IRangeObserver> observers = mayClip ? RangeObservers.OfChannels : [new MinMaxObserver()];
        (double, double) clip = level < CalibrationLevel.L3 ? _ranges.Range(seen.Tensor, DataType.UInt8) : RangeEstimator.MinMax(seen);
        RangeError[] channels = [.. Enumerable.Range(0, seen.Min.Length).Select(c => new RangeError(seen.Channels.IsEmpty ? seen.Histogram : seen.Channels[c], UInt8Levels))];
        IReadOnlyList<ChannelRanges> candidates = given.Range(seen.Tensor) is { } wish ? [ChannelScales.Given(wish)] : ChannelScales.Candidates(seen, channels, clip, observers);
        IReadOnlyList<ChannelConsumer> consumers = plan.ChannelConsumers(seen.Tensor);
        bool offsets = level > CalibrationLevel.L1 && plan.MayHaveOffsets(seen.Tensor);
        QuantParam mapping = ChannelScales.Choose(seen, mayClip ? channels : [], candidates, _graph[seen.Tensor].Shape.Rank - 1, consumers, offsets, out double[] errors);
        ImmutableArray<(string, double)> tried = [.. candidates.Zip(errors, (c, e) => (c.Observer, e))];
        string best = candidates[Array.IndexOf(errors, errors.Min())].Observer;
        return (mapping, Told(seen.Tensor, best, Signal(seen, Gain(seen)), tried, byChannel: true));
    }
}
