using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;
using SgsIpu.Core;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;
using Tensor = SgsIpu.Core.Tensor;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

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

    /// <summary>Values that are rounded at once, at least.</summary>
    private const int LeastRow = 512;

    private readonly Graph _graph;
    private readonly ChannelConsumers _consumers;
    private readonly FixedTrial _trial;
    private readonly StretchedGraph _stretches;
    private readonly FloatValues[] _values;

    /// <param name="samples">Those of the trial.</param>
    /// <param name="nodes">The nodes that will be asked for.</param>
    public LayerSensitivity(Graph graph, ChannelConsumers consumers, IReadOnlyList<ImmutableArray<Tensor>> samples, FixedTrial trial, IReadOnlyCollection<Node> nodes, CancellationToken cancellationToken)
    {
        _graph = graph;
        _consumers = consumers;
        _trial = trial;
        _stretches = new StretchedGraph(graph);
        string[] observed =
        [
            .. _stretches.Read.Concat(nodes.SelectMany(n => _stretches.Behind(n)).SelectMany(n => n.Inputs)).Distinct()
                .Where(t => t.Length > 0 && !graph[t].IsConstant && !graph.Inputs.Contains(t)),
        ];
        long bytes = Math.Max(observed.Sum(o => graph[o].ByteCount), 1);
        int count = (int)Math.Clamp(Math.Min(Runs / Math.Max(nodes.Count, 1), MostBytes / bytes), 1, Math.Min(MostSamples, samples.Count));
        _values = [.. Enumerable.Range(0, count).Select(_ => new FloatValues())];
        using var runner = new FloatRunner(graph, observed);
        _values.ForEachParallel(
            (values, i) =>
            {
                foreach ((string input, Tensor value) in HeldSamples.Named(graph, samples[i]))
                {
                    values[input] = OnnxBuffers.Copy(value);
                }

                runner.Run(input => values[input], values, cancellationToken);
            },
            cancellationToken);
    }

    /// <summary>Noise over signal of each output with only this node in integers.</summary>
    public double[] Noise(Node node, QuantRule rule, QuantParam input, RoundedWeights weights, CancellationToken cancellationToken)
    {
        Garbage.Sweep();
        Graph part = RoundedPart(node, rule, input, weights, out string rounded);
        using var runner = new FloatRunner(part);
        using OrtValue input8 = OnnxBuffers.Copy(new Tensor(DataType.Float32, part[rounded].Shape));
        var noise = new double[_values.Length][];
        for (int i = 0; i < _values.Length; i++)
        {
            FloatValues values = _values[i];
            Round(values[node.Inputs[0]].GetTensorDataAsSpan<float>(), input, input8.GetTensorMutableDataAsSpan<float>());
            using var changed = new FloatValues();
            runner.Run(t => t == rounded ? input8 : values[t], changed, cancellationToken);
            _stretches.RunBehind(node, changed, values, cancellationToken);
            noise[i] = _trial.NoiseOf(i, _graph.Outputs.Distinct().Where(o => _graph[o].Type == DataType.Float32 && changed.Has(o)).ToDictionary(o => o, changed.Copy, StringComparer.Ordinal));
        }

        return _trial.Relative(noise);
    }

    public void Dispose()
    {
        _stretches.Dispose();
        foreach (FloatValues values in _values)
        {
            values.Dispose();
        }
    }

    /// <summary>Real numbers as an 8-bit mapping holds them.</summary>
    private static void Round(ReadOnlySpan<float> x, QuantParam mapping, Span<float> y)
    {
        // Scales of as many pixels as fill some vectors.
        int channels = mapping.Scale.Length;
        var scale = new float[channels * ((LeastRow + channels - 1) / channels)];
        var inverse = new float[scale.Length];
        var offset = new float[scale.Length];
        for (int i = 0; i < scale.Length; i++)
        {
            scale[i] = (float)mapping.Scale[i % channels];
            inverse[i] = (float)(1 / mapping.Scale[i % channels]);
            offset[i] = mapping.ZeroOf(i % channels) - mapping.ZeroPoint;
        }

        for (int at = 0; at < x.Length; at += scale.Length)
        {
            int count = Math.Min(scale.Length, x.Length - at);
            Span<float> row = y.Slice(at, count);
            TensorPrimitives.Multiply(x.Slice(at, count), inverse.AsSpan(0, count), row);
            TensorPrimitives.Round<float>(row, row);
            if (!mapping.Offsets.IsEmpty)
            {
                TensorPrimitives.Add(row, offset.AsSpan(0, count), row);
            }

            TensorPrimitives.Max(row, -mapping.ZeroPoint, row);
            TensorPrimitives.Min(row, byte.MaxValue - mapping.ZeroPoint, row);
            if (!mapping.Offsets.IsEmpty)
            {
                TensorPrimitives.Subtract(row, offset.AsSpan(0, count), row);
            }

            TensorPrimitives.Multiply(row, scale.AsSpan(0, count), row);
        }
    }

    /// <summary>Weights in real numbers: integers times their scale over that of the input channel, which is part of them.</summary>
    private static Tensor Real(Tensor weights, QuantParam quant, QuantParam input, Node node)
    {
        var real = new Tensor(DataType.Float32, weights.Shape);
        Span<float> values = real.As<float>();
        if (weights.Type == DataType.Int8)
        {
            TensorPrimitives.ConvertTruncating(weights.As<sbyte>(), values);
        }
        else
        {
            weights.ToFloats().CopyTo(values);
        }

        int outputs = quant.Scale.Length;
        int inner = quant.IsPerTensor ? values.Length : weights.Shape.Skip(quant.Axis + 1).Aggregate(1, (a, b) => a * b);
        int multiplier = node.Op is DepthwiseConv2DOp ? weights.Shape[-1] / Math.Max(input.Scale.Length, 1) : 1;
        for (int i = 0; i < values.Length; i++)
        {
            double scale = quant.Scale[quant.IsPerTensor ? 0 : i / inner % outputs];
            values[i] = (float)(values[i] * scale / (input.IsPerTensor ? 1 : input.Scale[i % weights.Shape[-1] / multiplier]));
        }

        return real;
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
            Tensor real = Real(bias, weights.BiasQuant!, QuantParam.PerTensor(1), node);
            if (!input.Offsets.IsEmpty)
            {
                // The input has no offsets here, so that there is nothing to make up for.
                TensorPrimitives.Add(real.As<float>(), [.. _consumers.Of(node)!.Sums(weights.Weights, input.Offsets.AsSpan()).Zip(weights.BiasQuant!.Scale, (sum, scale) => (float)(sum * scale))], real.As<float>());
            }

            inputs[rule.Bias] = editor.AddConstant(node.Inputs[rule.Bias], real);
        }

        editor.ReplaceNode(editor.NodeNamed(node.Name), node with { Inputs = [.. inputs] });
        editor.RemoveDead();
        return editor.ToGraph();
    }
}
