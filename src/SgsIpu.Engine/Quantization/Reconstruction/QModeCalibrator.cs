using System.Collections.Frozen;
using System.Globalization;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>Makes a fixed model as a Q mode says, of a float model whose tensors have been observed.</summary>
internal sealed partial class QModeCalibrator
{
    /// <summary>Samples that sensitivities are measured on.</summary>
    private const int Probes = 16;

    /// <summary>The adaptive modes leave noise of this part of the outputs' power alone: 30 dB.</summary>
    private const double GoodEnough = 1e-3;

    private readonly CalibrationState _state;
    private readonly QMode _mode;
    private readonly QuantConfig _config;
    private readonly CalibrationOptions _options;
    private readonly IProgress<IpuProgress>? _progress;
    private readonly Graph _real;
    private readonly Node[] _weighted;
    private readonly int? _cuda;
    private Reconstructor? _reconstructor;

    /// <exception cref="IpuException">The configuration does not fit the model or the mode.</exception>
    public QModeCalibrator(CalibrationState state, QMode mode, CalibrationOptions options, IProgress<IpuProgress>? progress)
    {
        _mode = mode switch { QMode.Q1 => QMode.Q11, QMode.Q2 => QMode.Q22, _ => mode };
        _config = options.QuantConfig ?? new QuantConfig();
        _options = options;
        _progress = progress;
        IpuModel model = state.Float;
        _state = state with { Float = model with { Given = [.. model.Given, .. _config.Given(model.Graph)] } };
        _real = new GivenTable(model.Graph, _state.Float.Given).Graph;
        _weighted = [.. _real.Nodes.Where(n => ((IpuOperator)n.Op).Quantize(_real.InputsOf(n)) is { Class: QuantClass.Convolution, Weight: >= 0 })];
        _cuda = _config.Device == "cpu" || !OnnxSession.HasCuda ? null
            : int.Parse(_config.Device?.Split(':').ElementAtOrDefault(1) ?? "0", CultureInfo.InvariantCulture);
        if (_mode is QMode.Q13 or QMode.Q23)
        {
            _ = _config.Mix();
        }
    }

    private bool Rebuilds => _mode >= QMode.Q20;

    public IpuModel Calibrate(CancellationToken cancellationToken)
    {
        var outcome = new Outcome();
        if (_cuda is null && _config.Device?.StartsWith("cuda", StringComparison.Ordinal) == true)
        {
            outcome.Warnings.Add($"device is '{_config.Device}', but ONNX Runtime as it is installed has no CUDA; the CPU was used");
        }

        switch (_mode)
        {
            case QMode.Q10 or QMode.Q20:
                return Finish(Quantize(_ => true, cancellationToken).Model, outcome);
            case QMode.Q11 or QMode.Q21:
                return Finish(Quantize(_ => false, cancellationToken), outcome, cancellationToken);
            case QMode.Q12 or QMode.Q22:
                return Adaptive(outcome, cancellationToken);
            default:
                (int low, _, double? rate) = _config.Mix();
                if (low == 4)
                {
                    return FourAndEight(rate, outcome, cancellationToken);
                }

                FrozenSet<string> wide = Widened(rate, outcome, cancellationToken);
                return Finish(Quantize(n => wide.Contains(n.Name), cancellationToken), outcome, cancellationToken);
        }
    }

    /// <summary>Ranges are those of level 2 in the modes that do not rebuild, as the guide has Q11 equal to it; the others search for better ones.</summary>
    private QuantizedModel Quantize(Func<Node, bool> wide, CancellationToken cancellationToken) =>
        Quantize(_weighted.ToDictionary(n => n.Name, n => wide(n) ? DataType.Int16 : DataType.UInt8, StringComparer.Ordinal), Rebuilds ? CalibrationLevel.L5 : CalibrationLevel.L2, cancellationToken);

    /// <summary>Scales by channel leave more to the rounding of weights, which is dear where these have 4 bits; where the loudest layers have 16 bits, they gain nothing.</summary>
    private QuantizedModel Quantize(IReadOnlyDictionary<string, DataType>? types, CalibrationLevel level, CancellationToken cancellationToken) =>
        Calibrator.QuantizeForRebuilding(_state with { Level = level, IsNarrow = _mode == QMode.Q21, IsThorough = Rebuilds }, types, _progress, cancellationToken);

    /// <summary>What level 5 makes by itself.</summary>
    private QuantizedModel LevelFive(CancellationToken cancellationToken) =>
        Calibrator.QuantizeForRebuilding(_state with { Level = CalibrationLevel.L5 }, null, _progress, cancellationToken);

    private bool ChoosesWholes => _mode != QMode.Q23 || _config.Mix().Low != 4;

    private Reconstructor Reconstructor(CancellationToken cancellationToken) => _reconstructor ??= new Reconstructor(_real, _options, ChoosesWholes ? _state.Held : null, _config.RetrainIterations, _cuda, _progress, cancellationToken);

    /// <summary>A model with all its layers rebuilt.</summary>
    private Built Rebuild(QuantizedModel model, IReadOnlySet<string> fourBits, CancellationToken cancellationToken)
    {
        Graph graph = model.WithoutBorder();
        RebuiltGraph rebuilt = Reconstructor(cancellationToken).Rebuild(graph, fourBits, narrow: false, cancellationToken);
        return new Built(model, graph, rebuilt, Reconstructor(cancellationToken).Verify(rebuilt.ApplyTo(graph), cancellationToken));
    }

    /// <summary>A model with the layers that it shares with another as they were rebuilt there, the others as they are.</summary>
    private Built LeftAlone(QuantizedModel model, Built? other, CancellationToken cancellationToken)
    {
        Graph graph = model.WithoutBorder();
        RebuiltGraph? shared = other?.Rebuilt?.Shared(other.Graph, graph);
        return new Built(model, graph, shared, Reconstructor(cancellationToken).Verify(shared?.ApplyTo(graph) ?? graph, cancellationToken));
    }

    /// <summary>The model with its layers rebuilt, where that makes it no worse as a whole.</summary>
    private Built Rebuilt(Built plain, Outcome outcome, CancellationToken cancellationToken)
    {
        Built rebuilt = Rebuild(plain.Model, FrozenSet<string>.Empty, cancellationToken);
        bool better = rebuilt.Noise.IsNoWorseThan(plain.Noise);
        outcome.Steps.Add(string.Create(CultureInfo.InvariantCulture, $"layers rebuilt: {plain.Noise.Decibels:0.0} to {rebuilt.Noise.Decibels:0.0} dB on samples held back{(better ? "" : ", left alone")}"));
        return better ? rebuilt : plain;
    }

    private IpuModel FourAndEight(double? rate, Outcome outcome, CancellationToken cancellationToken)
    {
        QuantizedModel model = Quantize(_ => false, cancellationToken);
        Graph plain = model.WithoutBorder();
        (Graph eight, Dictionary<string, RoundedWeights> narrow) = Rebuilds ? Learned(plain, cancellationToken) : (plain, Rounded(plain));
        Node[] candidates = [.. _weighted.Where(n => narrow.ContainsKey(n.Name))];
        Dictionary<string, Node> quantized = eight.Nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        LayerAlternative[] tries = [.. candidates.Select(n => Alternative(eight, quantized[n.Name], narrow[n.Name]))];
        double[] losses = Measure(eight, tries, cancellationToken);
        for (int i = 0; i < tries.Length; i++)
        {
            outcome.Sensitivity[tries[i].Node] = losses[i];
        }

        Dictionary<string, int> forced = ForcedBits();
        FrozenSet<string> FourBits(double wanted)
        {
            long all = _weighted.Sum(WeightsOf);
            double budget = (((wanted * 16) - 4) / 4 * all) - _weighted.Except(candidates).Sum(WeightsOf);
            bool[] eightBits = BitAllocation.Choose(
                [.. candidates.Select((n, i) => forced.GetValueOrDefault(n.Name) switch { 4 => 0, 8 => 1e6, _ => losses[i] })],
                [.. candidates.Select(n => (double)WeightsOf(n))],
                budget);
            return candidates.Where((n, i) => !eightBits[i]).Select(n => n.Name).ToFrozenSet(StringComparer.Ordinal);
        }

        if (rate is null)
        {
            // The lowest rate in the guide's steps whose expected noise stays below what is good enough.
            double[] rates = [0.25, 0.3, 0.35, 0.4, 0.45];
            double Noise(double r) => FourBits(r).Sum(n => outcome.Sensitivity[n]);
            outcome.Recommended = rate = rates.FirstOrDefault(r => Noise(r) <= GoodEnough * 10, 0.45);
        }

        FrozenSet<string> four = FourBits(rate.Value);
        return Rebuilds
            ? Finish(Rebuild(model, four, cancellationToken), outcome)
            : Finish(model.Model with { Graph = RebuiltGraph.Replaced(model.Model.Graph, four.ToDictionary(n => n, n => narrow[n], StringComparer.Ordinal)) }, outcome);
    }

    /// <summary>The graph rebuilt at 8 bits, and what 4 bits would be in the same place.</summary>
    private (Graph Eight, Dictionary<string, RoundedWeights> Narrow) Learned(Graph graph, CancellationToken cancellationToken)
    {
        RebuiltGraph rebuilt = Reconstructor(cancellationToken).Rebuild(graph, FrozenSet<string>.Empty, narrow: true, cancellationToken);
        return (rebuilt.ApplyTo(graph), rebuilt.Layers.Where(l => l.Value.Narrow is not null).ToDictionary(l => l.Key, l => l.Value.Narrow!, StringComparer.Ordinal));
    }

    /// <summary>Weights rounded one by one to 4 bits, of the nodes that read UINT8.</summary>
    private Dictionary<string, RoundedWeights> Rounded(Graph graph)
    {
        var rounding = new ConvolutionRounding(_real, _state.Statistics, _state.Level, new GivenTable(_real, _state.Float.Given), config: _state.Float.InputConfig);
        Dictionary<string, Node> quantized = graph.Nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        return _weighted
            .Where(n => quantized.TryGetValue(n.Name, out Node? other) && graph[other.Inputs[0]].Type == DataType.UInt8 && n.Op is ImageConvolutionOp or FullyConnectedOp)
            .ToDictionary(
                n => n.Name,
                n => rounding.Round(n, ((IpuOperator)n.Op).Quantize(_real.InputsOf(n)), graph[quantized[n.Name].Inputs[0]].Quant!, wide: false, fourBits: true),
                StringComparer.Ordinal);
    }

    /// <summary>The layers to run at 16 bits.</summary>
    private FrozenSet<string> Widened(double? rate, Outcome outcome, CancellationToken cancellationToken)
    {
        Graph wide = Quantize(_ => true, cancellationToken).WithoutBorder();
        Graph narrow = Quantize(_ => false, cancellationToken).WithoutBorder();
        Dictionary<string, Node> wideNodes = wide.Nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        Dictionary<string, Node> narrowNodes = narrow.Nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        Node[] candidates = [.. _weighted.Where(n => wideNodes.ContainsKey(n.Name) && narrowNodes.TryGetValue(n.Name, out Node? other) && !narrow[other.Inputs[0]].IsConstant && narrow[other.Inputs[0]].Type == DataType.UInt8 && wide[wideNodes[n.Name].Inputs[0]].Type == DataType.Int16)];
        LayerAlternative[] tries = [.. candidates.Select(n => Alternative(narrow, narrowNodes[n.Name], null))];
        double[] losses = Measure(wide, tries, cancellationToken);
        for (int i = 0; i < tries.Length; i++)
        {
            outcome.Sensitivity[tries[i].Node] = losses[i];
        }

        double[] weights = [.. candidates.Select(n => (double)WeightsOf(n))];
        if (rate is null)
        {
            double[] rates = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1];
            double Noise(double r) => BitAllocation.Choose(losses, weights, Budget(r)).Zip(losses, (w, l) => w ? 0 : l).Sum();
            outcome.Recommended = rate = rates.First(r => r == 1 || Noise(r) <= GoodEnough * 2);
        }

        bool[] widened = BitAllocation.Choose(losses, weights, Budget(rate.Value));
        return candidates.Where((_, i) => widened[i]).Select(n => n.Name).ToFrozenSet(StringComparer.Ordinal);

        double Budget(double r) => ((r * 16) - 8) / 8 * _weighted.Sum(WeightsOf);
    }

    private double[] Measure(Graph graph, LayerAlternative[] tries, CancellationToken cancellationToken)
    {
        // Rebuilt weights are too good on the samples that they were learned from.
        IReadOnlyList<int> from = Rebuilds ? Reconstructor(cancellationToken).Judges : [.. Enumerable.Range(0, _options.Samples.Count)];
        int count = Math.Min(Probes, from.Count);
        int[] probes = [.. Enumerable.Range(0, count).Select(i => from[(int)((long)i * from.Count / count)])];
        graph = JudgedOutputs.OfFixed(_real, graph);
        return new OutputSensitivity(graph, new FixedInputs(_real, graph), tries, cancellationToken).Measure(_options.Samples, probes, _options.NumProcess, _progress, cancellationToken);
    }

    /// <summary>A node of a fixed graph with other weights, or as it is.</summary>
    private static LayerAlternative Alternative(Graph graph, Node node, RoundedWeights? rounded)
    {
        TensorSpec weights = graph[node.Inputs[1]];
        TensorSpec? bias = node.Inputs.Length > 2 && node.Inputs[2].Length > 0 ? graph[node.Inputs[2]] : null;
        return rounded is null
            ? new LayerAlternative(node.Name, graph[node.Inputs[0]], weights, bias)
            : new LayerAlternative(
                node.Name,
                graph[node.Inputs[0]],
                TensorSpec.OfConstant(weights.Name, rounded.Weights) with { Quant = rounded.WeightQuant },
                rounded.Bias is null ? null : TensorSpec.OfConstant(node.Name + "/bias", rounded.Bias) with { Quant = rounded.BiasQuant });
    }

    /// <summary>Bits of weights that the configuration presets.</summary>
    private Dictionary<string, int> ForcedBits()
    {
        Dictionary<string, int> bits = _config.UsePresets ? _config.Presets.Where(p => p.Bit is not null).ToDictionary(p => p.Tensor, p => p.Bit!.Value, StringComparer.Ordinal) : [];
        return _weighted.Where(n => bits.ContainsKey(n.Inputs[1])).ToDictionary(n => n.Name, n => bits[n.Inputs[1]], StringComparer.Ordinal);
    }

    /// <summary>Rebuilds, in the modes that do.</summary>
    private IpuModel Finish(QuantizedModel plain, Outcome outcome, CancellationToken cancellationToken) =>
        Rebuilds ? Finish(Rebuilt(LeftAlone(plain, null, cancellationToken), outcome, cancellationToken), outcome) : Finish(plain.Model, outcome);

    private IpuModel Finish(Built built, Outcome outcome)
    {
        outcome.Layers = built.Rebuilt?.Layers ?? outcome.Layers;
        IpuModel model = built.Model.Model;
        return Finish(model with { Graph = built.Rebuilt?.ApplyTo(model.Graph) ?? model.Graph, Report = model.Report! with { OutputSqnr = built.Noise.Decibels } }, outcome);
    }

    private IpuModel Finish(IpuModel model, Outcome outcome)
    {
        Dictionary<string, Node> quantized = model.Graph.Nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        LayerChoice[] layers = [.. _weighted.Where(n => quantized.ContainsKey(n.Name)).Select(n => Choice(n, model.Graph[quantized[n.Name].Inputs[1]], outcome))];
        long weights = layers.Sum(l => l.Weights);
        double? rate = weights == 0 ? null : layers.Sum(l => (double)l.Weights * l.Bit) / weights / 16;
        if (outcome.Recommended is { } recommended)
        {
            outcome.Warnings.Add(string.Create(CultureInfo.InvariantCulture, $"mp_rate is not given; {recommended:0.##} is recommended and was used (average bits of a weight over 16, each weight counted once)"));
        }

        return model with { Report = model.Report! with { Steps = [.. model.Report.Steps, .. outcome.Steps], Layers = [.. layers], CompressionRate = rate, RecommendedRate = outcome.Recommended, Warnings = [.. model.Report.Warnings, .. outcome.Warnings] } };
    }

    private LayerChoice Choice(Node node, TensorSpec weights, Outcome outcome)
    {
        RebuiltLayer? rebuilt = outcome.Layers.GetValueOrDefault(node.Name);
        return new LayerChoice(node.Name, node.Op.Name, weights.Type.Bits(), WeightsOf(node), MacsOf(node))
        {
            Sensitivity = outcome.Sensitivity.TryGetValue(node.Name, out double s) ? s : null,
            LossBefore = rebuilt?.LossBefore,
            LossAfter = rebuilt?.LossAfter,
        };
    }

    private long WeightsOf(Node node) => _real[node.Inputs[1]].Shape.Count;

    private long MacsOf(Node node) => ((IpuOperator)node.Op).Cost(_real.InputsOf(node), _real.OutputsOf(node)).Macs;

    /// <summary>A model whose layers may have been rebuilt.</summary>
    /// <param name="Graph">With the float graph's own inputs and outputs, as it was before.</param>
    /// <param name="Rebuilt">Null where layers are as they were.</param>
    /// <param name="Noise">What the whole loses on the samples that verify.</param>
    private sealed record Built(QuantizedModel Model, Graph Graph, RebuiltGraph? Rebuilt, WholeNoise Noise);

    /// <summary>What is learned on the way, for the report.</summary>
    private sealed class Outcome
    {
        public Dictionary<string, double> Sensitivity { get; } = new(StringComparer.Ordinal);

        public IReadOnlyDictionary<string, RebuiltLayer> Layers { get; set; } = new Dictionary<string, RebuiltLayer>();

        public List<string> Steps { get; } = [];

        public List<string> Warnings { get; } = [];

        public double? Recommended { get; set; }
    }
}
