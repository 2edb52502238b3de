using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Simulation;
using SgsIpu.Frontends.Onnx;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Measures what rounding one convolution alone does to the outputs of the model: the part of the float graph behind it runs on the
/// rounded input and weights of that node, everything else stays in real numbers.
/// </summary>
internal sealed class LayerSensitivity : IDisposable
{
    /// <summary>Runs of parts that are made at most; more layers are measured on fewer samples.</summary>
    private const int Runs = 400;

    private const int MostSamples = 8;
    private const long MostBytes = 512L << 20;

    private readonly Graph _graph;
    private readonly FixedTrial _trial;
    private readonly IReadOnlyDictionary<string, Tensor>[] _values;

    /// <param name="nodes">The nodes that will be asked for.</param>
    public LayerSensitivity(Graph graph, HeldSamples held, FixedTrial trial, IReadOnlyCollection<Node> nodes, CancellationToken cancellationToken)
    {
        _graph = graph;
        _trial = trial;
        string[] observed = [.. graph.Nodes.SelectMany(n => n.Outputs).Where(o => graph[o].Type == DataType.Float32)];
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
        (Graph part, string[] fed, string rounded) = PartBehind(node, rule, input, weights);
        using var runner = new FloatRunner(part);
        var noise = new double[_values.Length][];
        for (int i = 0; i < _values.Length; i++)
        {
            Dictionary<string, Tensor> inputs = fed.ToDictionary(f => f, f => _values[i][f], StringComparer.Ordinal);
            inputs[rounded] = Rounded(_values[i][node.Inputs[0]], input);
            noise[i] = _trial.NoiseOf(i, runner.Run(inputs, cancellationToken));
        }

        return _trial.Relative(noise);
    }

    public void Dispose() => Array.Clear(_values);

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

    private (Graph Part, string[] Fed, string Rounded) PartBehind(Node node, QuantRule rule, QuantParam input, RoundedWeights weights)
    {
        var reached = new HashSet<string>(node.Outputs, StringComparer.Ordinal);
        var nodes = new List<Node> { node };
        foreach (Node next in _graph.Nodes.Where(n => n != node && n.Inputs.Any(reached.Contains)))
        {
            nodes.Add(next);
            reached.UnionWith(next.Outputs);
        }

        // Nodes are in execution order, so that everything behind was reached in one pass; the node itself goes first.
        var editor = new GraphEditor(_graph.Name);
        string rounded = editor.FreshName(node.Inputs[0] + "/rounded");
        editor.AddInput(_graph[node.Inputs[0]] with { Name = rounded });
        var fed = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in nodes.SelectMany((n, i) => n.Inputs.Select((name, p) => (i, p, name))).Where(t => t.i != 0 || t.p != 0).Select(t => t.name).Where(n => n.Length > 0 && !reached.Contains(n)))
        {
            if (editor.HasTensor(name))
            {
                continue;
            }

            if (_graph[name].IsConstant)
            {
                editor.AddTensor(_graph[name]);
            }
            else
            {
                editor.AddInput(_graph[name]);
                fed.Add(name);
            }
        }

        foreach (string output in reached)
        {
            editor.AddTensor(_graph[output]);
        }

        string[] inputs = [.. node.Inputs];
        inputs[0] = rounded;
        inputs[rule.Weight] = editor.AddConstant(node.Inputs[rule.Weight], Real(weights.Weights, weights.WeightQuant, input, node));
        if (weights.Bias is { } bias)
        {
            inputs[rule.Bias] = editor.AddConstant(node.Inputs[rule.Bias], Real(bias, weights.BiasQuant!, QuantParam.PerTensor(1), node));
        }

        for (int i = 0; i < nodes.Count; i++)
        {
            editor.AddNode(nodes[i].Name, nodes[i].Op, i == 0 ? inputs : nodes[i].Inputs.AsSpan(), nodes[i].Outputs.AsSpan());
        }

        foreach (string output in _graph.Outputs.Where(reached.Contains).Distinct())
        {
            editor.Outputs.Add(output);
        }

        editor.RemoveDead();
        Graph part = editor.ToGraph();
        return (part, [.. fed.Where(part.Inputs.Contains)], rounded);
    }
}
