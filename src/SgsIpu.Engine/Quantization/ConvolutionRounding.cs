using System.Collections.Concurrent;
using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Quantization.Reconstruction;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>Rounds weights and bias of convolution-like nodes for the scales of their inputs. Safe from several threads.</summary>
internal sealed class ConvolutionRounding(Graph graph, IReadOnlyDictionary<string, ActivationStatistics> statistics, CalibrationLevel level, GivenTable? given = null, ChannelConsumers? consumers = null, InputConfig? config = null)
{
    /// <summary>Largest rounded bias of an 8-bit convolution: half of INT32, the other half is for the products.</summary>
    private const double LargestBias = 1 << 30;

    /// <summary>The same of a 16-bit convolution: far below the units that other channels have, and far from the end of INT64.</summary>
    private const double LargestWideBias = 1L << 52;

    /// <summary>Rounds of learning of weights that are rounded together.</summary>
    private const int Rounds = 8;

    /// <summary>Outputs of a layer that are rounded at once.</summary>
    private const int OutputsAtOnce = 8;

    /// <summary>Bytes of a layer's integers of which only the last are kept.</summary>
    private const int LargeBytes = 16 << 20;

    private readonly ChannelConsumers _consumers = consumers ?? new ChannelConsumers(graph);

    /// <summary>What was rounded for a node and its width, for the last two mappings of its input (one of large layers): variants of a model share most of it.</summary>
    private readonly ConcurrentDictionary<(string Node, bool Wide, bool Together), ImmutableArray<(QuantParam Input, RoundedWeights Result)>> _done = new();

    /// <summary>Rounds the weights and the bias of a node.</summary>
    /// <param name="input">The mapping of the node's activation; with a scale for each channel, these go into the weights.</param>
    /// <param name="wide">True for INT16 activations and weights.</param>
    /// <param name="fourBits">True for INT4 weights, which go with UINT8 activations.</param>
    /// <exception cref="IpuException">The weights or the bias are computed from the data (id <c>WeightsNotConstant</c>).</exception>
    /// <param name="shift">Real numbers to add to the bias, by output channel.</param>
    /// <param name="moments">Moments of the inputs, by which 8-bit weights of an output are rounded together; null rounds each on its own.</param>
    public RoundedWeights Round(Node node, QuantRule rule, QuantParam input, bool wide, double[]? shift = null, bool fourBits = false, InputMoments? moments = null, CancellationToken cancellationToken = default)
    {
        if (fourBits)
        {
            return Rounded(node, rule, input, wide: false, fourBits: true, null, cancellationToken);
        }

        (string, bool, bool) key = (node.Name, wide, !wide && moments?.Geometry(node) is not null);
        ImmutableArray<(QuantParam Input, RoundedWeights Result)> known = _done.GetValueOrDefault(key, []);
        RoundedWeights? done = known.FirstOrDefault(k => k.Input.SameMapping(input)).Result;
        if (done is null)
        {
            done = Rounded(node, rule, input, wide, fourBits: false, moments, cancellationToken);
            _done[key] = [(input, done), .. known.Take(done.Weights.Memory.Length > LargeBytes ? 0 : 1)];
        }

        return shift is null || done.Bias is not { } bias ? done : done with { Bias = ConstantRounding.Shifted(bias, done.BiasQuant!, shift) };
    }

    private RoundedWeights Rounded(Node node, QuantRule rule, QuantParam input, bool wide, bool fourBits, InputMoments? moments, CancellationToken cancellationToken)
    {
        Tensor constant = Constant(node, rule.Weight);
        GivenRange? range = given?.Range(node.Inputs[rule.Weight]);
        constant = range is null ? constant : WeightQuantizer.Clamp(constant, range, rule.WeightAxis);
        int levels = wide ? short.MaxValue : fourBits ? Int4.Max : sbyte.MaxValue;
        ChannelConsumer? consumer = range is null ? _consumers.Of(node) : ChannelConsumer.Of(graph, node, constant);
        ActivationStatistics? seen = statistics.GetValueOrDefault(node.Inputs[0]);
        Tensor values = input.IsPerTensor ? constant : consumer!.Fold(input.Scale.AsSpan());
        LayerGeometry? together = wide || (range is not null && input.IsPerTensor) ? null : moments?.Geometry(node);
        double[] scales = together is not null ? new double[together.Outputs]
            : range is not null && input.IsPerTensor ? WeightQuantizer.GivenScales(constant, range, rule.WeightAxis, levels)
            : level == CalibrationLevel.L1 || wide
            ? WeightQuantizer.MinMaxScales(values, rule.WeightAxis, levels)
            : WeightQuantizer.LeastSquaresScales(values, seen is null ? null : consumer?.ByPlace(OverScale(seen, seen.Variance, input, 2)), rule.WeightAxis, levels);

        double x = input.IsPerTensor ? input.Scale[0] : 1;
        float[]? bias = rule.Bias >= 0 && rule.Bias < node.Inputs.Length && node.Inputs[rule.Bias].Length > 0 ? Constant(node, rule.Bias).ToFloats() : null;
        double largest = wide ? LargestWideBias : LargestBias;
        for (int c = 0; c < bias?.Length; c++)
        {
            // A channel that training has switched off has next to no weights, and a bias all the same.
            scales[c] = Math.Max(scales[c], Math.Abs(bias[c]) / (x * largest));
        }

        Tensor rounded = together is not null
            ? RoundedTogether(node, together, moments!, values, scales, input, bias is null ? new double[scales.Length] : [.. bias.Select(b => Math.Abs(b) / (x * LargestBias))], cancellationToken)
            : WeightQuantizer.Round(values, scales, rule.WeightAxis, wide ? DataType.Int16 : DataType.Int8, levels);
        var weightQuant = new QuantParam([.. scales], 0, scales.Length == 1 ? -1 : rule.WeightAxis);
        Tensor stored = fourBits ? Int4.Pack(rounded.As<sbyte>(), rounded.Shape) : rounded;
        if (bias is null)
        {
            return new RoundedWeights(stored, weightQuant, null, null);
        }

        double[]? correction = seen is not null ? consumer?.BiasCorrection(values, rounded, scales, OverScale(seen, seen.Mean, input, 1))
            : together is not null ? BiasCorrection(node, together, moments!, values, rounded, scales, input)
            : null;
        bias = correction is null ? bias : [.. bias.Zip(correction, (b, c) => (float)(b + c))];

        if (!input.Offsets.IsEmpty)
        {
            double[] added = consumer!.Sums(rounded, Boundary.Zeros(config, node.Inputs[0], graph[node.Inputs[0]].Shape, input));
            bias = [.. bias.Select((b, o) => (float)(b - (scales[o] * added[o])))];
        }

        double[] unit = [.. scales.Select(s => s * x)];
        return new RoundedWeights(stored, weightQuant, ConstantRounding.RoundBias(bias, unit, wide), new QuantParam([.. unit], 0, unit.Length == 1 ? -1 : 0));
    }

    /// <summary>Integers whose errors cancel out at the output as far as its inputs go together, and their scales.</summary>
    /// <param name="values">Weights times the scales of the input channels.</param>
    /// <param name="scales">Takes those of the output channels.</param>
    /// <param name="least">What the scales are not smaller than.</param>
    private static Tensor RoundedTogether(Node node, LayerGeometry layer, InputMoments moments, Tensor values, double[] scales, QuantParam input, double[] least, CancellationToken cancellationToken)
    {
        ReadOnlySpan<float> weights = values.As<float>();
        var result = new Tensor(DataType.Int8, values.Shape);
        int size = layer.GroupSize;
        int outputs = layer.Outputs / layer.Groups;
        var own = new float[weights.Length];
        for (int o = 0; o < layer.Outputs; o++)
        {
            for (int i = 0; i < size; i++)
            {
                own[(o * size) + i] = weights[layer.WeightAt(o, i)];
            }
        }

        ParallelWork.For(
            layer.Groups,
            Environment.ProcessorCount,
            g =>
            {
                var rounding = new GramRounding(moments.Covariance(node, g, input.IsPerTensor ? [] : input.Scale.AsSpan()), size, own[(g * outputs * size)..((g + 1) * outputs * size)], cancellationToken);
                ParallelWork.For(
                    (outputs + OutputsAtOnce - 1) / OutputsAtOnce,
                    layer.Groups == 1 ? Environment.ProcessorCount : 1,
                    block =>
                    {
                        int first = block * OutputsAtOnce;
                        int o = (g * outputs) + first;
                        Span<sbyte> to = result.As<sbyte>();
                        foreach ((sbyte[] integers, double scale) in rounding.Round(first, sbyte.MaxValue, least.AsSpan(o, Math.Min(OutputsAtOnce, outputs - first)), Rounds, follow: false, cancellationToken))
                        {
                            scales[o] = scale;
                            for (int i = 0; i < size; i++)
                            {
                                to[layer.WeightAt(o, i)] = integers[i];
                            }

                            o++;
                        }
                    },
                    cancellationToken);
            },
            cancellationToken);
        return result;
    }

    /// <summary>As <see cref="ChannelConsumer.BiasCorrection"/>, where what the layer reads was not observed.</summary>
    private static double[] BiasCorrection(Node node, LayerGeometry layer, InputMoments moments, Tensor values, Tensor rounded, double[] scales, QuantParam input)
    {
        ReadOnlySpan<float> exact = values.As<float>();
        ReadOnlySpan<sbyte> integers = rounded.As<sbyte>();
        var correction = new double[layer.Outputs];
        int outputs = layer.Outputs / layer.Groups;
        double[] means = [];
        for (int o = 0; o < layer.Outputs; o++)
        {
            means = o % outputs == 0 ? moments.Means(node, o / outputs, input.IsPerTensor ? [] : input.Scale.AsSpan()) : means;
            for (int i = 0; i < layer.GroupSize; i++)
            {
                int at = layer.WeightAt(o, i);
                correction[o] += (exact[at] - (scales[o] * integers[at])) * means[i];
            }
        }

        return correction;
    }

    private Tensor Constant(Node node, int position) => graph[node.Inputs[position]].Constant
        ?? throw new IpuException("WeightsNotConstant", $"{node}: '{node.Inputs[position]}' is computed from the data; only constant weights and biases can be quantized", IpuErrorKind.NotSupported) { Target = node.Name };

    /// <summary>A moment of each input channel over the scale that is part of the weights.</summary>
    private static double[] OverScale(ActivationStatistics seen, Func<int, double> moment, QuantParam input, int power) =>
        [.. Enumerable.Range(0, seen.Min.Length).Select(c => moment(c) / (input.IsPerTensor ? 1 : Math.Pow(input.Scale[c], power)))];
}
