using System.Collections.Immutable;
using System.Globalization;
using SgsIpu.Core;
using SgsIpu.Engine.Compilation.Scheduling;
using SgsIpu.Engine.Configuration;
using SgsIpu.Ops;
using Tried = (SgsIpu.Engine.Quantization.QuantizationVariant Variant, double[] Noise);

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// What each calibration level does, from observed statistics to the one variant that is made. From level 3 on, nothing is taken on
/// faith: a step that does not make the outputs of the held samples better is undone, so that no level is worse than the one below. Level 3's
/// ranges alone may be a little worse there, as they are for what the held samples do not show.
/// </summary>
internal sealed partial class LevelSearch
{
    /// <summary>So much more or less noise, in dB, decides nothing by itself.</summary>
    private const double Close = 0.75;

    /// <summary>Held samples that fixed graphs are run on, as many as decisions need in the time that they may take.</summary>
    private const int Runs = 8;

    /// <summary>The same where results are read position by position: what happens at few of them must not be missed.</summary>
    private const int RunsByPosition = 16;

    private readonly IpuModel _model;
    private readonly IpuModel _plain;
    private readonly CalibrationState _state;
    private readonly GivenTable _given;
    private readonly IProgress<IpuProgress>? _progress;
    private readonly CancellationToken _cancellationToken;
    private readonly Graph _judged;
    private readonly ImmutableArray<Tensor>[] _samples;
    private readonly ChannelConsumers _consumers;
    private readonly ConvolutionRounding _rounding;
    private readonly BiasFitting _fitting;
    private readonly List<string> _steps = [];

    /// <summary>Whether channels may have integers of their own for 0, until they have proved not to pay.</summary>
    private bool _offsets = true;

    /// <summary>Of what convolutions read, once they have proved themselves.</summary>
    private InputMoments? _moments;

    /// <param name="model">The float model with the constants that were given.</param>
    public LevelSearch(IpuModel model, CalibrationState state, GivenTable given, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        _model = model;
        _plain = model with { InputConfig = null };
        _state = state;
        _given = given;
        _progress = progress;
        _cancellationToken = cancellationToken;
        _judged = JudgedOutputs.OfReal(model.Graph);
        _consumers = new ChannelConsumers(model.Graph);
        _rounding = new ConvolutionRounding(model.Graph, state.Statistics, state.Level, given, _consumers, model.InputConfig);
        _samples = [.. state.Held.All.Take(state.IsThorough ? int.MaxValue : new OutputParts(_judged).AreByPosition ? RunsByPosition : Runs)];
        _fitting = new BiasFitting(model.Graph, _samples);
    }

    /// <summary>What was tried and what came of it, in order.</summary>
    public ImmutableArray<string> Steps => [.. _steps];

    /// <summary>Expected signal-to-noise ratio of the outputs in dB, before a softmax, measured on the held samples; NaN below level 3.</summary>
    public double Sqnr { get; private set; } = double.NaN;

    private CalibrationLevel Level => _state.Level;

    /// <summary>Noise over signal of each output with one convolution alone in 8 bits, by node, where level 5 measured it.</summary>
    public IReadOnlyDictionary<string, double[]> Sensitivity { get; private set; } = new Dictionary<string, double[]>();

    /// <summary>The fixed graph of a variant with the float graph's own inputs and outputs.</summary>
    public Graph WithoutBorder(QuantizationVariant variant) => Quantizer.Quantize(_plain, variant, _rounding, _cancellationToken);

    /// <summary>The fixed graph, with the border of the model.</summary>
    public Graph Quantize(QuantizationVariant variant)
    {
        _progress?.Report(new IpuProgress("Rounding weights", 0, 0));
        return Quantizer.Quantize(_model, variant, _rounding, _cancellationToken);
    }

    /// <summary>Decides what makes the fixed graph.</summary>
    /// <param name="chosen">Types of the activations that convolutions read, by node, which leave only ranges and biases to search; null searches types as well.</param>
    public QuantizationVariant Make(IReadOnlyDictionary<string, DataType>? chosen)
    {
        if (Level < CalibrationLevel.L3)
        {
            return Variant(Level, chosen);
        }

        // What needs no variant is made beside the first ones, which do not fill all cores. Layers that meet pixels take little to run in
        // 16 bits; where they cannot, their weights are worth rounding together as well.
        Task<FixedTrial> trial = Task.Run(() => new FixedTrial(_judged, _samples, _cancellationToken), _cancellationToken);
        Task<InputMoments>? moments = Level < CalibrationLevel.L4 ? null : Task.Run(() => InputMoments.Of(_model.Graph, _state.Held, _state.Statistics, _cancellationToken, unobserved: _state.IsThorough || !MayPromote), _cancellationToken);
        QuantizationVariant start = Variant(CalibrationLevel.L2, chosen);
        return Search(trial.GetAwaiter().GetResult(), moments, start, chosen);
    }

    /// <summary>The decisions of a variant for other types, with biases fitted where it has them fitted.</summary>
    public QuantizationVariant WithTypes(QuantizationVariant variant, IReadOnlyDictionary<string, DataType> chosen) => FittedLike(variant, Variant(variant.Level, chosen));

    /// <summary>Another variant, with biases fitted where the one has them fitted.</summary>
    private QuantizationVariant FittedLike(QuantizationVariant variant, QuantizationVariant other) =>
        variant.BiasShifts.Count == 0 ? other : other with { BiasShifts = _fitting.Fit(WithoutBorder(other), _cancellationToken) };

    private QuantizationVariant Search(FixedTrial trial, Task<InputMoments>? moments, QuantizationVariant start, IReadOnlyDictionary<string, DataType>? given)
    {
        _progress?.Report(new IpuProgress("Choosing ranges", 0, 0));
        if (trial.IsEmpty)
        {
            _steps.Add("nothing to measure on: ranges are those of histograms");
            return Variant(Level, given);
        }

        Tried best = (start, Noise(trial, start));
        _steps.Add($"ranges without outliers: {Db(best.Noise)}");
        TryWithoutOffsets(trial, ref best, given);

        // What other samples have cut off does not show on those that the ranges were found on; level 3 counts it, level 2 does not.
        Try(trial, ref best, "ranges by their error at the readers", Variant(CalibrationLevel.L3, given), Close);
        if (moments is not null)
        {
            TryTogether(trial, ref best, moments);
            if (MayPromote && given is null)
            {
                if (_state.TargetSqnr is { } target)
                {
                    TryTarget(trial, ref best, target);
                }
                else
                {
                    TryPromoted(trial, ref best, best.Variant.Level);
                }
            }
        }

        Sqnr = FixedTrial.Decibels(best.Noise);
        return best.Variant;
    }

    /// <summary>Level 5 makes level 4's choice as well, so that it is never worse; biases are fitted for the better of the two.</summary>
    private void TryPromoted(FixedTrial trial, ref Tried best, CalibrationLevel ranges)
    {
        QuantizationVariant narrow = best.Variant;
        BudgetedCosts? budget = Limited(narrow);
        var tried = new List<Tried>();
        Measure(Told(Choose(narrow.Plan, budget, byPosition: null, Estimated(narrow))));
        if (Level > CalibrationLevel.L4)
        {
            Measure(Told(Choose(narrow.Plan, budget, trial.Parts.AreByPosition, Measured(trial, narrow))));
        }

        if (tried.Count > 0)
        {
            Tried better = tried.MaxBy(t => FixedTrial.Decibels(t.Noise));
            best = FixedTrial.Decibels(better.Noise) > FixedTrial.Decibels(best.Noise) ? better : best;
            TryBiases(trial, ref best, better.Variant);
        }

        void Measure(Dictionary<string, DataType> chosen)
        {
            if (chosen.Count > 0)
            {
                QuantizationVariant variant = WithinBudget(budget, Variant(ranges, chosen), ranges);
                double[] noise = Noise(trial, variant);
                tried.Add((variant, noise));
                _steps.Add($"{variant.Chosen.Count} convolutions in 16 bits: {Db(noise)}");
            }
        }
    }

    private BudgetedCosts? Limited(QuantizationVariant narrow) => _state.Budget is { } limit ? new BudgetedCosts(Fixed(narrow), limit, _cancellationToken) : null;

    /// <summary>The vendor's rule: with input_format, nothing is recommended.</summary>
    private bool MayPromote => _model.InputConfig?.ConvolutionFormat is null;

    private IpuModel Fixed(QuantizationVariant variant) =>
        _model with { Stage = IpuStage.Fixed, Graph = Quantizer.Quantize(_model, variant, _rounding, _cancellationToken) };

    private static string Db(double[] noise) => string.Create(CultureInfo.InvariantCulture, $"{FixedTrial.Decibels(noise):0.0} dB");

    private QuantizationVariant Variant(CalibrationLevel level, IReadOnlyDictionary<string, DataType>? chosen)
    {
        // The table notes what became of each wish, so that every variant has its own.
        var given = new GivenTable(_state.Float.Graph, _state.Float.Given);

        // Tight ranges of channels may cut off what the samples did not show: below level 3 it is not measured whether they pay. Of sums they mostly do.
        var plan = new PrecisionPlan(_model.Graph, _model.InputConfig, given, chosen, _consumers, widensMoves: _state.IsNarrow) { Offsets = _offsets, ConvolutionOffsets = Level >= CalibrationLevel.L3 };
        given.SettleBits(plan);
        var decider = new RangeDecider(_model, plan, level, given);
        TensorRanges ranges = decider.Decide(_state.Statistics, _cancellationToken);
        return new QuantizationVariant(plan, ranges, [.. decider.Decisions], given) { Level = level, Chosen = chosen ?? new Dictionary<string, DataType>(), Moments = _moments };
    }

    /// <summary>Takes 16 bits back, the last chosen first, while the model costs more than it may.</summary>
    private QuantizationVariant WithinBudget(BudgetedCosts? budget, QuantizationVariant variant, CalibrationLevel level)
    {
        SocProfile soc = SocProfile.Known(_model.SocVersion);
        var order = variant.Chosen.Keys.ToList();
        while (budget?.Excess(CostModel.Measure(Fixed(variant), soc, 0, _cancellationToken)) is { } excess && order.Count > 0)
        {
            _steps.Add($"8 bits again for '{order[^1]}': {excess}");
            order.RemoveAt(order.Count - 1);
            variant = Variant(level, order.ToDictionary(n => n, _ => DataType.Int16, StringComparer.Ordinal));
        }

        return variant;
    }

    private double[] Noise(FixedTrial trial, QuantizationVariant variant) =>
        trial.Noise(JudgedOutputs.OfFixed(_model.Graph, WithoutBorder(variant)), _cancellationToken);

    /// <param name="less">How much worse it may be, in dB.</param>
    private Tried Try(FixedTrial trial, ref Tried best, string what, QuantizationVariant variant, double less = 0)
    {
        Tried tried = (variant, Noise(trial, variant));
        bool better = FixedTrial.Decibels(tried.Noise) > FixedTrial.Decibels(best.Noise) - less;
        _steps.Add($"{what}: {Db(tried.Noise)}{(better ? "" : ", left alone")}");
        best = better ? tried : best;
        return tried;
    }

    /// <summary>Later variants keep to it where it pays.</summary>
    private void TryWithoutOffsets(FixedTrial trial, ref Tried best, IReadOnlyDictionary<string, DataType>? chosen)
    {
        if (best.Variant.Ranges.HaveOffsets(_model.Graph.Inputs))
        {
            _offsets = false;
            Try(trial, ref best, "one integer for 0 in all channels", Variant(best.Variant.Level, chosen));
            _offsets = best.Variant.Ranges.HaveOffsets(_model.Graph.Inputs);
        }
    }

    /// <summary>
    /// Weights of an output rounded together or each on its own, and biases fitted. Fitted biases make up for more of the one than of the other: where
    /// the two are close, both are fitted. Later variants keep to what was better.
    /// </summary>
    private void TryTogether(FixedTrial trial, ref Tried best, Task<InputMoments> inputs)
    {
        _progress?.Report(new IpuProgress("Rounding weights together", 0, 0));
        Tried other = best;
        Tried together = Try(trial, ref best, "weights of an output rounded together", best.Variant with { Moments = inputs.GetAwaiter().GetResult() });
        bool isClose = Math.Abs(FixedTrial.Decibels(together.Noise) - FixedTrial.Decibels(other.Noise)) < Close;
        other = best.Variant.Moments is null ? together : other;
        TryBiases(trial, ref best, best.Variant);
        if (isClose)
        {
            TryBiases(trial, ref best, other.Variant, other.Variant.Moments is null ? ", weights rounded each on its own" : ", weights rounded together");
        }

        _moments = best.Variant.Moments;
    }

    private void TryBiases(FixedTrial trial, ref Tried best, QuantizationVariant variant, string how = "")
    {
        _progress?.Report(new IpuProgress("Fitting biases", 0, 0));
        Dictionary<string, double[]> shifts = _fitting.Fit(WithoutBorder(variant), _cancellationToken);
        Try(trial, ref best, "biases fitted" + how, variant with { BiasShifts = shifts });
    }

    /// <summary>Convolutions that run in 8 bits because nobody asked otherwise.</summary>
    private Node[] Candidates(PrecisionPlan plan) =>
        [.. _model.Graph.Nodes.Where(n => plan.Rule(n) is { Class: QuantClass.Convolution, Weight: >= 0 } rule
            && plan.Precision.Of(n, rule) == DataType.UInt8 && _given.Bit(n, rule) is null && plan.IsReal(n.Inputs[0]))];

    private long Macs(Node node) => ((IpuOperator)node.Op).Cost(_model.Graph.InputsOf(node), _model.Graph.OutputsOf(node)).Macs;

    /// <param name="byPosition">Whether results are read position by position, where the noise is that of the outputs; null where it is not.</param>
    /// <param name="target">Noise over signal that is enough, and no less is wanted; null for the usual.</param>
    private IReadOnlyList<(string Node, string Reason)> Choose(PrecisionPlan plan, BudgetedCosts? limited, bool? byPosition, IReadOnlyList<(string Node, long Macs, double[] Noise)> layers, double? target = null)
    {
        PrecisionBudget budget;
        if (limited is null)
        {
            Node[] all = [.. _model.Graph.Nodes.Where(n => plan.Rule(n) is { Class: QuantClass.Convolution, Weight: >= 0 })];
            budget = PrecisionBudget.OfMacs(all.Sum(Macs), all.Where(n => plan.Precision.Of(n, plan.Rule(n)) == DataType.Int16).Sum(Macs));
            budget = byPosition is { } positions ? budget.WithNeed(positions) : budget;
        }
        else
        {
            budget = new PrecisionBudget(BudgetedCosts.Whole, BudgetedCosts.Whole, BudgetedCosts.Whole, "what was left of the budget");
            layers = [.. layers.Select(l => (l.Node, limited.Of(_model.Graph.Nodes.First(n => n.Name == l.Node)), l.Noise))];
        }

        return target is { } enough ? PrecisionSearch.Choose(layers, budget.ForTarget(limited is not null), enough) : PrecisionSearch.Choose(layers, budget);
    }

    /// <summary>Notes a choice as a step, and makes types of it.</summary>
    private Dictionary<string, DataType> Told(IReadOnlyList<(string Node, string Reason)> choice)
    {
        _steps.AddRange(choice.Select(c => $"16 bits for '{c.Node}': {c.Reason}"));
        return TypesOf(choice);
    }

    private static Dictionary<string, DataType> TypesOf(IEnumerable<(string Node, string Reason)> choice) => choice.ToDictionary(c => c.Node, _ => DataType.Int16, StringComparer.Ordinal);

    /// <summary>The error that each is expected to make at its own output.</summary>
    private (string Node, long Macs, double[] Noise)[] Estimated(QuantizationVariant variant)
    {
        Dictionary<string, TensorDecision> decisions = variant.Decisions.ToDictionary(d => d.Tensor, StringComparer.Ordinal);
        return
        [
            .. Candidates(variant.Plan)
                .Select(n => (Node: n, Decision: decisions.GetValueOrDefault(variant.Plan.RangeOf(n.Inputs[0]))))
                .Where(p => p.Decision is { } d && double.IsFinite(d.Sqnr))
                .Select(p => (p.Node.Name, Macs(p.Node), new[] { Math.Pow(10, -p.Decision!.Sqnr / 10) })),
        ];
    }

    /// <summary>The error that each alone makes at the outputs of the model.</summary>
    private (string Node, long Macs, double[] Noise)[] Measured(FixedTrial trial, QuantizationVariant variant)
    {
        Node[] candidates = Candidates(variant.Plan);
        using var sensitivity = new LayerSensitivity(_judged, _consumers, _samples, trial, candidates, _cancellationToken);
        var noise = new double[candidates.Length][];
        int done = 0;
        candidates.ForEachParallel(
            (node, i) =>
            {
                QuantRule rule = variant.Plan.Rule(node);
                QuantParam input = variant.Ranges.Mapping(variant.Plan.RangeOf(node.Inputs[0]), DataType.UInt8);
                noise[i] = sensitivity.Noise(node, rule, input, _rounding.Round(node, rule, input, wide: false, variant.BiasShifts.GetValueOrDefault(node.Name), moments: variant.Moments, cancellationToken: _cancellationToken), _cancellationToken);
                _progress?.Report(new IpuProgress("Measuring layers", Interlocked.Increment(ref done), candidates.Length));
            },
            _cancellationToken);
        Sensitivity = candidates.Select((n, i) => (n.Name, noise[i])).ToDictionary(p => p.Name, p => p.Item2, StringComparer.Ordinal);
        return [.. candidates.Select((n, i) => (n.Name, Macs(n), noise[i]))];
    }
}
