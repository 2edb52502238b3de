using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Ops;

/// <summary>A quantized tensor as kernels by channel take it: UINT8 or INT16 with one scale, or one for each channel (last dimension).</summary>
internal readonly record struct ChannelOperand(DataType Type, int Zero, ImmutableArray<double> Scales)
{
    /// <summary>The whole range of the type, around the zero.</summary>
    public IntegerRange Range => IntegerRange.Of(Type, Zero);

    /// <exception cref="IpuException">The tensor has another type, or scales along another dimension (id <c>FixedNotSupported</c>).</exception>
    public static ChannelOperand Of(FixedBinding binding, TensorSpec tensor)
    {
        QuantParam quant = FixedBinding.Quant(tensor);
        bool last = quant.IsPerTensor || (quant.Axis == tensor.Shape.Rank - 1 && quant.Scale.Length == tensor.Shape[-1]);
        if (tensor.Type is not (DataType.UInt8 or DataType.Int16) || !last)
        {
            throw binding.NotSupported($"'{tensor.Name}' is {tensor.Type}{(last ? "" : $" with {quant.Scale.Length} scales along dimension {quant.Axis}")}; UInt8 and Int16 with one scale or one for each channel are supported");
        }

        return new ChannelOperand(tensor.Type, quant.ZeroPoint, quant.Scale);
    }

    public double Scale(int channel) => Scales[Scales.Length == 1 ? 0 : channel];

    /// <summary>This tensor's scale times a sign over that of the output, for each channel of either.</summary>
    public ImmutableArray<double> FactorsTo(ChannelOperand output, int channels, double sign = 1)
    {
        ChannelOperand self = this;
        return [.. Enumerable.Range(0, channels).Select(c => sign * self.Scale(c) / output.Scale(c))];
    }
}
