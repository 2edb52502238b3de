using SgsIpu.Core;
using SgsIpu.Ops;

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

    private ChannelConsumer(Tensor weights, bool depthwise, int multiplier)
    {
        _weights = weights;
        _depthwise = depthwise;
        _multiplier = multiplier;
    }

    /// <summary>The consumer of a node; null where the node cannot take such scales.</summary>
    public static ChannelConsumer? Of(Graph graph, Node node) => (node.Op, node.Inputs.Length > 1 ? graph[node.Inputs[1]].Constant : null) switch
    {
        (Conv2DOp { Groups: 1 } or FullyConnectedOp, { } weights) => new ChannelConsumer(weights, depthwise: false, 1),
        (DepthwiseConv2DOp, { } weights) => new ChannelConsumer(weights, depthwise: true, weights.Shape[3] / graph[node.Inputs[0]].Shape[3]),
        _ => null,
    };

    /// <summary>The weights times the scale of the input channel that each belongs to.</summary>
    public Tensor Fold(ReadOnlySpan<double> scales)
    {
        float[] values = _weights.ToFloats();
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(values[i] * scales[ChannelOf(i)]);
        }

        return Tensor.FromArray<float>(values, _weights.Shape);
    }

    /// <summary>For each weight, the value of the input channel that it meets.</summary>
    public Tensor Spread(ReadOnlySpan<double> channels)
    {
        var values = new float[_weights.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)channels[ChannelOf(i)];
        }

        return Tensor.FromArray<float>(values, _weights.Shape);
    }

    /// <summary>
    /// Expected square error at the output, summed over its channels, for input scales: rounding of the input through the weights, plus
    /// rounding of the folded weights times the input's integers.
    /// </summary>
    /// <param name="power">Mean square of each input channel.</param>
    public double ExpectedError(ReadOnlySpan<double> scales, ReadOnlySpan<double> power)
    {
        ReadOnlySpan<float> values = _weights.As<float>();
        int outputs = _depthwise ? _weights.Shape[3] : _weights.Shape[0];
        var largest = new double[outputs];
        var integers = new double[outputs];
        double error = 0;
        int perOutput = values.Length / outputs;
        for (int i = 0; i < values.Length; i++)
        {
            int o = _depthwise ? i % outputs : i / perOutput;
            int c = ChannelOf(i);
            double folded = Math.Abs(values[i] * scales[c]);
            error += folded * folded / 12;
            largest[o] = Math.Max(largest[o], folded);
            integers[o] += power[c] / (scales[c] * scales[c]);
        }

        for (int o = 0; o < outputs; o++)
        {
            double step = largest[o] / sbyte.MaxValue;
            error += step * step / 12 * integers[o];
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
        ReadOnlySpan<sbyte> integers = rounded.As<sbyte>();
        var correction = new double[scales.Length];
        int perOutput = exact.Length / scales.Length;
        for (int i = 0; i < exact.Length; i++)
        {
            int o = _depthwise ? i % scales.Length : i / perOutput;
            correction[o] += (exact[i] - (scales[o] * integers[i])) * means[ChannelOf(i)];
        }

        return correction;
    }

    /// <summary>The input channel of a weight; input channels stand last in every layout of weights.</summary>
    private int ChannelOf(int index) => index % _weights.Shape[-1] / _multiplier;
}
