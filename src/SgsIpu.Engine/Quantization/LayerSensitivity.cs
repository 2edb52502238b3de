using SgsIpu.Core;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Measures what rounding one convolution alone does to the outputs of the model: the part of the float graph behind it runs on the
/// rounded input and weights of that node, everything else stays in real numbers.
/// </summary>
internal sealed class LayerSensitivity : IDisposable
{
    /// <summary>Runs behind a layer that are made at most; more layers are measured on fewer samples.</summary>
    private const int Runs = 400;

    private const int MostSamples = 8;
    private const long MostBytes = 512L << 20;

    private readonly Graph _graph;
    private readonly FixedTrial _trial;
    private readonly StretchedGraph _stretches;
    private readonly IReadOnlyDictionary<string, Tensor>[] _values;

    /// <param name="nodes">The nodes that will be asked for.</param>
    public LayerSensitivity(Graph graph, HeldSamples held, FixedTrial trial, IReadOnlyCollection<Node> nodes, CancellationToken cancellationToken)
    {
        _graph = graph;
        _trial = trial;
        _stretches = new StretchedGraph(graph);
        string[] observed =
        [
            .. _stretches.Read.Concat(nodes.SelectMany(n => _stretches.Behind(n)).SelectMany(n => n.Inputs)).Distinct()
                .Where(t => t.Length > 0 && !graph[t].IsConstant && !graph.Inputs.Contains(t)),
        ];
        long bytes = Math.Max(observed.Sum(o => graph[o].ByteCount), 1);
        int samples = (int)Math.Clamp(Math.Min(Runs / Math.Max(nodes.Count, 1), MostBytes / bytes), 1, Math.Min(MostSamples, held.Samples.Count));
        _values = new IReadOnlyDictionary<string, Tensor>[samples];
        using var runner = new FloatRunner(graph, observed);
        held.Samples.Take(samples).ToArray().ForEachParallel(
            (sample, i) =>
            {
                Dictionary<string, Tensor> inputs = HeldSamples.Named(graph, sample);
                _values[i] = runner.Run(inputs, cancellationToken).Concat(inputs).ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);
            },
            cancellationToken);
    }

    /// <summary>Noise over signal of each output with only this node in integers.</summary>
    public double[] Noise(Node node, QuantRule rule, QuantParam input, RoundedWeights weights, CancellationToken cancellationToken)
    {
        Garbage.Sweep();
        Graph part = RoundedPart(node, rule, input, weights, out string rounded);
        using var runner = new FloatRunner(part);
        var noise = new double[_values.Length][];
        for (int i = 0; i < _values.Length; i++)
        {
            IReadOnlyDictionary<string, Tensor> values = _values[i];
            Dictionary<string, Tensor> inputs = part.Inputs.ToDictionary(t => t, t => t == rounded ? Rounded(values[node.Inputs[0]], input) : values[t], StringComparer.Ordinal);
            Dictionary<string, Tensor> changed = runner.Run(inputs, cancellationToken).ToDictionary(StringComparer.Ordinal);
            _stretches.RunBehind(node, changed, values, cancellationToken);
            noise[i] = _trial.NoiseOf(i, changed);
        }

        return _trial.Relative(noise);
    }

    public void Dispose() => _stretches.Dispose();

    /// <summary>Real numbers as an 8-bit mapping holds them.</summary>
    private static Tensor Rounded(Tensor values, QuantParam mapping)
    {
        ReadOnlySpan<float> x = values.As<float>();
        var result = new Tensor(DataType.Float32, values.Shape);
        Span<float> y = result.As<float>();
        int channels = mapping.Scale.Length;
        var scale = new float[channels];
        var inverse = new float[channels];
        for (int c = 0; c < channels; c++)
        {
            scale[c] = (float)mapping.Scale[c];
            inverse[c] = (float)(1 / mapping.Scale[c]);
        }

        float low = -mapping.ZeroPoint;
        float high = byte.MaxValue - mapping.ZeroPoint;
        int at = 0;
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = Math.Clamp(MathF.Round(x[i] * inverse[at]), low, high) * scale[at];
            at = at + 1 == channels ? 0 : at + 1;
        }

        return result;
    }

    /// <summary>Weights in real numbers: integers times their scale over that of the input channel, which is part of them.</summary>
    private static Tensor Real(Tensor weights, QuantParam quant, QuantParam input, Node node)
    {
        float[] values = weights.ToFloats();
        int outputs = quant.Scale.Length;
        int inner = quant.IsPerTensor ? values.Length : weights.Shape.Skip(quant.Axis + 1).Aggregate(1, (a, b) => a * b);
        int multiplier = node.Op is DepthwiseConv2DOp ? weights.Shape[-1] / Math.Max(input.Scale.Length, 1) : 1;
        for (int i = 0; i < values.Length; i++)
        {
            double scale = quant.Scale[quant.IsPerTensor ? 0 : i / inner % outputs];
            values[i] = (float)(values[i] * scale / (input.IsPerTensor ? 1 : input.Scale[i % weights.Shape[-1] / multiplier]));
        }

        return Tensor.FromArray<float>(values, weights.Shape);
    }

    /// <summary>The node with the rounded weights and what is behind it in its stretch; the node reads the rounded input.</summary>
    private Graph RoundedPart(Node node, QuantRule rule, QuantParam input, RoundedWeights weights, out string rounded)
    {
        Node[] behind = _stretches.Behind(node);
        GraphEditor editor = GraphPart.Of(_graph, behind, _stretches.HandedOn(behind));
        rounded = editor.FreshName(node.Inputs[0] + "/rounded");
        editor.AddInput(_graph[node.Inputs[0]] with { Name = rounded });
        string[] inputs = [.. node.Inputs];
        inputs[0] = rounded;
        inputs[rule.Weight] = editor.AddConstant(node.Inputs[rule.Weight], Real(weights.Weights, weights.WeightQuant, input, node));
        if (weights.Bias is { } bias)
        {
            inputs[rule.Bias] = editor.AddConstant(node.Inputs[rule.Bias], Real(bias, weights.BiasQuant!, QuantParam.PerTensor(1), node));
        }

        editor.ReplaceNode(editor.NodeNamed(node.Name), node with { Inputs = [.. inputs] });
        editor.RemoveDead();
        return editor.ToGraph();
    }
}
