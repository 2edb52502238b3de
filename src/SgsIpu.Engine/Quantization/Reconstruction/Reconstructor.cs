using System.Globalization;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>
/// Rebuilds the weights of a fixed graph layer by layer, in the order in which they run: each for the inputs that the layers before it,
/// already rebuilt, really give it. Samples that are held back judge; moments never see them.
/// </summary>
internal sealed class Reconstructor
{
    /// <summary>Of so many samples one judges the forms of layers, and two the whole; the others are learned from. Where no wholes are chosen from, one in twice as many judges.</summary>
    private const int Cycle = 5;

    /// <summary>Multiply-accumulates that judging one form of every layer may take.</summary>
    private const long JudgedMacs = 320_000_000_000;

    private const int LeastJudges = 8;

    private readonly Graph _real;
    private readonly CalibrationOptions _options;
    private readonly int _rounds;
    private readonly int? _cuda;
    private readonly IProgress<IpuProgress>? _progress;

    /// <summary>Numbers of the samples, those to learn from first, those that judge behind.</summary>
    private readonly int[] _chosen;
    private readonly int _training;
    private readonly int _firstJudge;
    private readonly int _judges;
    private readonly FixedTrial _trial;
    private readonly Graph _judged;
    private readonly int[] _verifiers;
    private FixedTrial? _verification;

    /// <param name="real">The float graph.</param>
    /// <param name="held">Samples that decisions were measured on. Null where no whole graphs are chosen from: more is learned from then, and what judges layers tells the noise
    /// of the whole.</param>
    /// <param name="rounds">Rounds of learning for each layer.</param>
    /// <param name="cuda">The GPU that the float graph runs on; null for the CPU.</param>
    public Reconstructor(Graph real, CalibrationOptions options, HeldSamples? held, int rounds, int? cuda, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        _real = real;
        _options = options;
        _rounds = rounds;
        _cuda = cuda;
        _progress = progress;
        _judged = JudgedOutputs.OfReal(real);
        (_chosen, _training, _verifiers) = Choose(options, held, new OutputParts(_judged).AreByPosition, cancellationToken);
        _firstJudge = _chosen.Length - _training < LeastJudges ? 0 : _training;
        long macs = real.Nodes.Sum(n => ((IpuOperator)n.Op).Cost(real.InputsOf(n), real.OutputsOf(n)).Macs);
        int layers = real.Nodes.Count(n => LayerGeometry.Of(real, n) is not null);
        long affordable = Math.Max(LeastJudges, JudgedMacs / Math.Max(1, macs * layers));
        _judges = (int)Math.Min(_chosen.Length - _firstJudge, affordable);
        _trial = Trial(FormJudges, cancellationToken);
    }

    /// <summary>Numbers of the samples that are not learned from, but may choose.</summary>
    public IReadOnlyList<int> Judges => _chosen[_firstJudge..];

    private int[] FormJudges => _chosen[_firstJudge..(_firstJudge + _judges)];

    /// <summary>Noise of a fixed graph's outputs on the samples that choose forms of layers; empty where none holds real numbers.</summary>
    /// <param name="graph">With the float graph's own inputs and outputs.</param>
    public WholeNoise Noise(Graph graph, CancellationToken cancellationToken) => Noise(_trial, FormJudges, graph, cancellationToken);

    /// <summary>What a whole fixed graph loses on samples that take no part in rebuilding: those that choose forms of layers flatter what they chose.</summary>
    /// <param name="graph">With the float graph's own inputs and outputs.</param>
    public WholeNoise Verify(Graph graph, CancellationToken cancellationToken)
    {
        _verification ??= Trial(_verifiers, cancellationToken);
        return Noise(_verification, _verifiers, graph, cancellationToken);
    }

    /// <summary>The whole of the parts.</summary>
    /// <param name="parts">Noise over signal of each part of the outputs on the samples that verify.</param>
    public WholeNoise Whole(double[] parts) => new([parts], [_verification!.ByOutput(parts)]);

    /// <summary>Runs a graph over the samples of a trial; they enter as at the board's border.</summary>
    private WholeNoise Noise(FixedTrial trial, int[] samples, Graph graph, CancellationToken cancellationToken)
    {
        if (trial.IsEmpty)
        {
            return new WholeNoise([], []);
        }

        graph = JudgedOutputs.OfFixed(_real, graph);
        var walk = new FixedWalk(graph, new FixedInputs(_real, graph), _options.Samples, samples, _options.NumProcess, cancellationToken);
        walk.RunTo(graph.Nodes.Length, _options.NumProcess, cancellationToken);
        return WholeNoise.Of(trial, [.. samples.Select((_, s) => trial.NoiseOf(s, graph.Outputs.Distinct().ToDictionary(o => o, o => new Tensor(graph[o].Type, graph[o].Shape, walk.Bytes(o, s).ToArray()), StringComparer.Ordinal)))]);
    }

    /// <summary>Rebuilds every layer that can be. Of each layer's forms that is kept which leaves the least noise at the outputs of the
    /// network on samples held back; the graph's own form is one of them, so that the outputs never get worse.</summary>
    /// <param name="graph">The fixed graph with the float graph's own inputs and outputs, and weights rounded one by one.</param>
    /// <param name="fourBits">Nodes whose weights are to have 4 bits.</param>
    /// <param name="narrow">Whether each 8-bit layer is to be rounded to 4 bits as well.</param>
    public RebuiltGraph Rebuild(Graph graph, IReadOnlySet<string> fourBits, bool narrow, CancellationToken cancellationToken)
    {
        (Node Node, PatchRows Rows)[] layers = [.. Layers(graph).Select(l => (l.Node, new PatchRows(l.Geometry, _chosen.Length)))];
        Dictionary<string, LayerGeometry> geometry = Layers(graph).ToDictionary(l => l.Node.Name, l => l.Geometry, StringComparer.Ordinal);
        var patches = new FloatPatches(_real, layers, _options.Samples, _chosen, _options.NumProcess, _cuda);
        graph = JudgedOutputs.OfFixed(_real, graph);
        var inputs = new FixedInputs(_real, graph);
        var walk = new FixedWalk(graph, inputs, _options.Samples, _chosen, _options.NumProcess, cancellationToken);
        OutputJudge? judge = _trial.IsEmpty ? null : new OutputJudge(graph, inputs, _trial, _firstJudge, _judges, cancellationToken);
        Dictionary<string, int> positions = graph.Nodes.Select((n, i) => (n.Name, i)).ToDictionary(p => p.Name, p => p.i, StringComparer.Ordinal);
        var results = new Dictionary<string, RebuiltLayer>(StringComparer.Ordinal);
        var before = new WholeNoise([], []);
        WholeNoise now = before;
        string phase = "Rebuilding layers";
        for (int i = 0; i < layers.Length; i++)
        {
            _progress?.Report(new IpuProgress(phase, i, layers.Length));
            (Node node, PatchRows rows) = layers[i];
            int position = positions[node.Name];
            Node quantized = graph.Nodes[position];
            bool four = fourBits.Contains(node.Name);
            walk.RunTo(position, _options.NumProcess, cancellationToken);
            if (i == 0)
            {
                before = now = judge?.Noise(walk, position, null, cancellationToken) ?? now;
            }

            LayerForms forms = Forms(walk, node, quantized, geometry[node.Name], rows, patches.Take(node, cancellationToken), four, narrow, cancellationToken);
            (RebuiltLayer kept, now) = Best(forms, mayStay: !four, now, f => judge?.Noise(walk, position, f, cancellationToken));
            if (kept.Rounded is { } rounded)
            {
                walk.Replace(quantized, rounded);
            }

            results[node.Name] = kept;

            // Large arrays come and go with each layer; the collector would wait much longer than memory should grow.
            GC.Collect();
            phase = string.Create(CultureInfo.InvariantCulture, $"Rebuilding layers ({node.Name}: {Decibels(kept.LossBefore):0.0} to {Decibels(kept.LossAfter):0.0} dB; outputs {now.Decibels:0.0} dB)");
        }

        return new RebuiltGraph(results, before, now);
    }

    /// <summary>The form with the least noise at the outputs; where these cannot be measured, with the least error of its own.</summary>
    /// <param name="mayStay">Whether the graph's own form is one of them.</param>
    /// <param name="now">Noise with the graph's own form.</param>
    private static (RebuiltLayer Kept, WholeNoise Noise) Best(LayerForms forms, bool mayStay, WholeNoise now, Func<RoundedWeights, WholeNoise?> noiseOf)
    {
        (RoundedWeights? Rounded, double Loss, WholeNoise Noise) best = (null, forms.LossBefore, now);
        foreach ((RoundedWeights rounded, double loss) in forms.Forms)
        {
            WholeNoise noise = noiseOf(rounded) ?? now;
            bool first = best.Rounded is null && !mayStay;
            if (first || (now.Parts.Length == 0 ? loss < best.Loss : noise.IsSurelyBetterThan(best.Noise)))
            {
                best = (rounded, loss, noise);
            }
        }

        return (new RebuiltLayer(best.Rounded, forms.Narrow, forms.LossBefore, best.Loss), best.Noise);
    }

    private FixedTrial Trial(IEnumerable<int> samples, CancellationToken cancellationToken) =>
        new(_judged, [.. samples.Select(s => _options.Samples.Read(s, norm: true, cancellationToken).Inputs)], cancellationToken);

    /// <summary>Signal over error.</summary>
    private static double Decibels(double loss) => -10 * Math.Log10(Math.Max(loss, 1e-12));

    private LayerForms Forms(
        FixedWalk walk, Node node, Node quantized, LayerGeometry layer, PatchRows rows, float[] seen, bool fourBits, bool narrow, CancellationToken cancellationToken)
    {
        TensorSpec input = walk.Spec(quantized.Inputs[0]);
        var integers = new float[seen.Length];
        ParallelWork.For(
            _chosen.Length,
            _options.NumProcess,
            s => rows.Gather(s, new IntegerPixels(walk.Bytes(input.Name, s), input.Type, input.Quant!), integers.AsSpan(s * rows.ValuesPerSample, rows.ValuesPerSample)),
            cancellationToken);
        QuantRule rule = ((IpuOperator)node.Op).Quantize(_real.InputsOf(node));
        TensorSpec weights = walk.Spec(quantized.Inputs[1]);
        float[] bias = node.Inputs.Length > 2 && node.Inputs[2].Length > 0 ? _real[node.Inputs[2]].Constant!.ToFloats() : new float[layer.Outputs];
        bool wide = input.Type == DataType.Int16;
        var rebuilder = new LayerRebuilder(layer, _real[node.Inputs[1]].Constant!, bias, input.Quant!, wide, rule.WeightAxis, Bounds(node), _rounds);
        return rebuilder.Rebuild(
            new RoundedWeights(weights.Constant!, weights.Quant!, null, null),
            integers,
            seen,
            _chosen.Length * rows.PerSample,
            _training * rows.PerSample,
            narrow && !wide,
            fourBits && !wide,
            cancellationToken);
    }

    /// <summary>Bounds of the activation that is part of the node.</summary>
    private (double, double) Bounds(Node node) => node.Op switch
    {
        ImageConvolutionOp op when (op.ActivationMin, op.ActivationMax) != (float.NegativeInfinity, float.PositiveInfinity) => (op.ActivationMin, op.ActivationMax),
        FullyConnectedOp op when (op.ActivationMin, op.ActivationMax) != (float.NegativeInfinity, float.PositiveInfinity) => (op.ActivationMin, op.ActivationMax),
        _ => (double.NegativeInfinity, double.PositiveInfinity),
    };

    /// <summary>The layers of the float graph that the fixed graph has as they are.</summary>
    private IEnumerable<(Node Node, LayerGeometry Geometry)> Layers(Graph graph)
    {
        Dictionary<string, Node> quantized = graph.Nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        foreach (Node node in _real.Nodes)
        {
            if (LayerGeometry.Of(_real, node) is { } geometry && quantized.TryGetValue(node.Name, out Node? other) && other.Op.Name == node.Op.Name)
            {
                yield return (node, geometry);
            }
        }
    }

    /// <summary>
    /// Samples spread evenly; those that decisions were measured on do not verify. Of few samples all choose and verify, as fewer would tell nothing; of
    /// very few none is held back. Where results are read position by position, a few loud ones make most of the noise: all verify, those that are
    /// learned from too, so that none of them is missed.
    /// </summary>
    /// <param name="held">Samples that decisions were measured on; null where no wholes are chosen from.</param>
    private static (int[] Chosen, int Training, int[] Verifiers) Choose(CalibrationOptions options, HeldSamples? held, bool byPosition, CancellationToken cancellationToken)
    {
        int count = Math.Min(options.CalBatchSize, options.Samples.Count);
        int[] spread = [.. Enumerable.Range(0, count).Select(i => (int)((long)i * options.Samples.Count / count))];
        int wanted = held is null ? 0 : 2 * count / Cycle;
        int[] unseen = wanted < LeastJudges ? [] : [.. spread.Where(i => !held!.Holds(options.Samples.Read(i, norm: true, cancellationToken).Inputs))];
        int[] apart = unseen.Length < LeastJudges ? [] : [.. unseen.Where((_, i) => (i + 1) * (long)wanted / unseen.Length > i * (long)wanted / unseen.Length)];
        int every = held is null ? 2 * Cycle : Cycle - 2;
        int[] judges = count < 2 * Cycle ? [] : [.. spread.Except(apart).Where((_, i) => i % every == 1)];
        int[] verifiers = held is null ? judges : byPosition ? [] : apart;
        return ([.. spread.Except(judges).Except(apart), .. judges], count - judges.Length - apart.Length, verifiers.Length == 0 ? spread : verifiers);
    }
}
