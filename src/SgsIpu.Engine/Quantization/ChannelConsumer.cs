using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SgsIpu.Core;
using SgsIpu.Ops;
using Tensor = SgsIpu.Core.Tensor;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// A convolution-like node that can take a scale for each channel of its input: real input channel i is <c>s[i] · (q − z)</c>, and s[i]
/// goes into the weights before they are rounded.
/// </summary>
internal sealed class ChannelConsumer
{
    private readonly Tensor _weights;
    private readonly bool _depthwise;
    private readonly int _multiplier;

    /// <summary>The input channel of each place of the last dimension of the weights.</summary>
    private readonly int[] _channel;

    /// <summary>Sum of the squared weights that each input channel meets.</summary>
    private readonly double[] _gain;

    /// <summary>The same for an error that is alike under all taps of a kernel.</summary>
    private readonly double[] _smoothGain;

    /// <summary>
    /// Largest weight between each output channel (row) and input channel; of a depthwise convolution, of each output channel. Empty where there is
    /// one weight between two channels.
    /// </summary>
    private readonly float[] _largest;
    private readonly int _outputs;

    private ChannelConsumer(Tensor weights, bool depthwise, int multiplier)
    {
        _weights = weights;
        _depthwise = depthwise;
        _multiplier = multiplier;
        int channels = weights.Shape[-1] / multiplier;
        _channel = [.. Enumerable.Range(0, weights.Shape[-1]).Select(i => i / multiplier)];
        _outputs = depthwise ? weights.Shape[-1] : weights.Shape[0];
        _gain = new double[channels];
        _smoothGain = new double[channels];
        ReadOnlySpan<float> values = weights.As<float>();

        // A row holds one weight of each input channel; of a depthwise convolution, also of each output channel.
        int perGroup = depthwise ? values.Length : values.Length / _outputs;
        bool single = perGroup == channels;
        _largest = new float[single ? 0 : values.Length / perGroup * _channel.Length];
        var squares = new double[_channel.Length];
        var sums = new double[_channel.Length];
        var unused = new float[single ? _channel.Length : 0];
        for (int group = 0; group < values.Length; group += perGroup)
        {
            Span<float> largest = single ? unused : _largest.AsSpan(group / perGroup * _channel.Length);
            Array.Clear(sums);
            for (int row = group; row < group + perGroup; row += _channel.Length)
            {
                AddRow(values.Slice(row, _channel.Length), squares, sums, largest);
            }

            for (int i = 0; i < sums.Length; i++)
            {
                _smoothGain[_channel[i]] += sums[i] * sums[i];
            }
        }

        for (int i = 0; i < squares.Length; i++)
        {
            _gain[_channel[i]] += squares[i];
        }
    }

    /// <summary>The consumer of a node; null where the node cannot take such scales.</summary>
    /// <param name="replacement">Weights in place of the node's own.</param>
    public static ChannelConsumer? Of(Graph graph, Node node, Tensor? replacement = null) => (node.Op, node.Inputs.Length > 1 ? replacement ?? graph[node.Inputs[1]].Constant : null) switch
    {
        (Conv2DOp { Groups: 1 } or FullyConnectedOp, { } weights) => new ChannelConsumer(weights, depthwise: false, 1),
        (DepthwiseConv2DOp, { } weights) => new ChannelConsumer(weights, depthwise: true, weights.Shape[3] / graph[node.Inputs[0]].Shape[3]),
        _ => null,
    };

    /// <summary>Sum of the squared weights that each input channel meets: what a square error of the input becomes at the output.</summary>
    public ReadOnlySpan<double> Gain => _gain;

    /// <summary>The gain of an error that neighbours share, as where values are cut off; at least <see cref="Gain"/>.</summary>
    public double SmoothGain(int channel) => Math.Max(_gain[channel], _smoothGain[channel]);

    /// <summary>The weights times the scale of the input channel that each belongs to.</summary>
    public Tensor Fold(ReadOnlySpan<double> scales)
    {
        double[] factors = Spread(scales);
        var folded = new Tensor(DataType.Float32, _weights.Shape);
        ReadOnlySpan<float> values = _weights.As<float>();
        Span<float> products = folded.As<float>();
        for (int row = 0; row < values.Length; row += factors.Length)
        {
            Multiply(values.Slice(row, factors.Length), factors, products[row..]);
        }

        return folded;
    }

    /// <summary>For each place of the last dimension of the weights, the value of the input channel that it meets.</summary>
    public float[] ByPlace(ReadOnlySpan<double> channels) => [.. Spread(channels).Select(v => (float)v)];

    /// <summary>
    /// Expected square error at the output, summed over its channels, for input scales: rounding of the input through the weights, plus
    /// rounding of the folded weights times the input's integers.
    /// </summary>
    /// <param name="variance">Of each input channel; what a mean adds is given back in the bias.</param>
    /// <param name="density">Share of the values of each input channel that rounding changes.</param>
    /// <param name="limit">Where the error reaches it, the rest is not added.</param>
    public double ExpectedError(ReadOnlySpan<double> scales, ReadOnlySpan<double> variance, ReadOnlySpan<double> density, double limit)
    {
        double error = 0;
        double integers = 0;
        var factors = new float[scales.Length];
        int taps = (int)(_weights.Count / (_depthwise ? _outputs : _outputs * scales.Length));
        for (int c = 0; c < scales.Length; c++)
        {
            error += _gain[c] * scales[c] * scales[c] / 12 * density[c];
            integers += variance[c] / (scales[c] * scales[c]) * taps;
            factors[c] = (float)scales[c];
        }

        ReadOnlySpan<float> weights = _largest.Length > 0 ? _largest : _weights.As<float>();
        for (int o = 0; o < _outputs && !(error >= limit); o++)
        {
            int c = o / _multiplier;
            double largest = _depthwise ? Math.Abs(weights[o]) * scales[c] : LargestProduct(weights.Slice(o * factors.Length, factors.Length), factors);
            double step = largest / sbyte.MaxValue;
            error += step * step / 12 * (_depthwise ? variance[c] / (scales[c] * scales[c]) * taps : integers);
        }

        return error;
    }

    /// <summary>
    /// What rounding the weights takes from the mean of each output channel, to be given back in its bias (Nagel et al. 2019, section 4.2).
    /// </summary>
    /// <param name="weights">The weights before rounding, times the scales of the input channels.</param>
    /// <param name="rounded">The integers.</param>
    /// <param name="scales">Scale of each output channel.</param>
    /// <param name="means">Mean of each input channel, over its scale.</param>
    public double[] BiasCorrection(Tensor weights, Tensor rounded, ReadOnlySpan<double> scales, ReadOnlySpan<double> means)
    {
        ReadOnlySpan<float> exact = weights.As<float>();
        var q = new float[_channel.Length];
        var correction = new double[scales.Length];
        double[] weighted = Spread(means);
        int perOutput = exact.Length / scales.Length;
        for (int row = 0; row < exact.Length; row += weighted.Length)
        {
            ReadOnlySpan<float> e = exact.Slice(row, weighted.Length);
            if (rounded.Type == DataType.Int8)
            {
                TensorPrimitives.ConvertTruncating(rounded.As<sbyte>().Slice(row, q.Length), q.AsSpan());
            }
            else
            {
                TensorPrimitives.ConvertTruncating(rounded.As<short>().Slice(row, q.Length), q.AsSpan());
            }

            if (_depthwise)
            {
                for (int o = 0; o < weighted.Length; o++)
                {
                    correction[o] += (e[o] - (scales[o] * q[o])) * weighted[o];
                }
            }
            else
            {
                int o = row / perOutput;
                correction[o] += WeightedError(e, q, scales[o], weighted);
            }
        }

        return correction;
    }

    /// <summary>For each output channel, the sum of its integers, each times a number of the input channel that it meets.</summary>
    /// <param name="rounded">The integers.</param>
    public double[] Sums(Tensor rounded, ReadOnlySpan<double> channels)
    {
        ReadOnlySpan<float> integers = rounded.ToFloats();
        var sums = new double[_outputs];
        int perOutput = integers.Length / _outputs;
        for (int i = 0; i < integers.Length; i++)
        {
            int place = i % _channel.Length;
            sums[_depthwise ? place : i / perOutput] += integers[i] * channels[_channel[place]];
        }

        return sums;
    }

    /// <inheritdoc cref="Sums(Tensor, ReadOnlySpan{double})"/>
    public double[] Sums(Tensor rounded, ReadOnlySpan<int> offsets) => Sums(rounded, [.. offsets.ToArray().Select(o => (double)o)]);

    /// <summary>The value of the input channel of each place of the last dimension of the weights.</summary>
    private double[] Spread(ReadOnlySpan<double> channels)
    {
        var spread = new double[_channel.Length];
        for (int i = 0; i < spread.Length; i++)
        {
            spread[i] = channels[_channel[i]];
        }

        return spread;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRow(ReadOnlySpan<float> values, Span<double> squares, Span<double> sums, Span<float> largest)
    {
        int width = Vector512<double>.Count;
        int i = 0;
        for (; i <= values.Length - width; i += width)
        {
            Vector256<float> v = Vector256.Create(values[i..]);
            Vector512<double> exact = Widened(v);
            (Vector512.Create<double>(squares[i..]) + (exact * exact)).CopyTo(squares[i..]);
            (Vector512.Create<double>(sums[i..]) + exact).CopyTo(sums[i..]);
            Vector256.Max(Vector256.Create<float>(largest[i..]), Vector256.Abs(v)).CopyTo(largest[i..]);
        }

        for (; i < values.Length; i++)
        {
            squares[i] += (double)values[i] * values[i];
            sums[i] += values[i];
            largest[i] = Math.Max(largest[i], Math.Abs(values[i]));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply(ReadOnlySpan<float> values, ReadOnlySpan<double> factors, Span<float> products)
    {
        int width = Vector512<double>.Count;
        int i = 0;
        for (; i <= values.Length - width; i += width)
        {
            Vector512<double> product = Widened(Vector256.Create(values[i..])) * Vector512.Create(factors[i..]);
            Vector256.Narrow(product.GetLower(), product.GetUpper()).CopyTo(products[i..]);
        }

        for (; i < values.Length; i++)
        {
            products[i] = (float)(values[i] * factors[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double WeightedError(ReadOnlySpan<float> exact, ReadOnlySpan<float> integers, double scale, ReadOnlySpan<double> factors)
    {
        int width = Vector512<double>.Count;
        Vector512<double> sums = Vector512<double>.Zero;
        int i = 0;
        for (; i <= exact.Length - width; i += width)
        {
            sums += (Widened(Vector256.Create(exact[i..])) - (Widened(Vector256.Create(integers[i..])) * scale)) * Vector512.Create(factors[i..]);
        }

        double sum = Vector512.Sum(sums);
        for (; i < exact.Length; i++)
        {
            sum += (exact[i] - (scale * integers[i])) * factors[i];
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Widened(Vector256<float> v)
    {
        (Vector256<double> low, Vector256<double> high) = Vector256.Widen(v);
        return Vector512.Create(low, high);
    }

    /// <summary>Largest magnitude.</summary>
    /// <param name="b">Not negative.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float LargestProduct(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        int width = Vector512<float>.Count;
        Vector512<float> largest = Vector512<float>.Zero;
        int i = 0;
        for (; i <= a.Length - width; i += width)
        {
            largest = Vector512.MaxNative(largest, Vector512.Abs(Vector512.Create(a[i..])) * Vector512.Create(b[i..]));
        }

        Vector256<float> half = Vector256.MaxNative(largest.GetLower(), largest.GetUpper());
        Vector128<float> quarter = Vector128.MaxNative(half.GetLower(), half.GetUpper());
        quarter = Vector128.MaxNative(quarter, Vector128.Shuffle(quarter, Vector128.Create(2, 3, 0, 1)));
        float result = Math.Max(quarter[0], quarter[1]);
        for (; i < a.Length; i++)
        {
            result = Math.Max(result, Math.Abs(a[i]) * b[i]);
        }

        return result;
    }
}
