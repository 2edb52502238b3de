using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Ops;

/// <summary>A quantized tensor as element-wise kernels take it: UINT8 or INT16 with one scale.</summary>
internal readonly record struct FixedOperand(DataType Type, int Zero, double Scale, Shape Shape)
{
    /// <summary>The whole range of the type, around the zero.</summary>
    public IntegerRange Range => IntegerRange.Of(Type, Zero);

    /// <exception cref="IpuException">The tensor has another type or scales by channel (id <c>FixedNotSupported</c>).</exception>
    public static FixedOperand Of(FixedBinding binding, TensorSpec tensor)
    {
        QuantParam quant = FixedBinding.Quant(tensor);
        if (tensor.Type is not (DataType.UInt8 or DataType.Int16) || !quant.IsPerTensor)
        {
            throw binding.NotSupported($"'{tensor.Name}' is {tensor.Type}{(quant.IsPerTensor ? "" : " with scales by channel")}; UInt8 and Int16 with one scale are supported");
        }

        return new FixedOperand(tensor.Type, quant.ZeroPoint, quant.Scale[0], tensor.Shape);
    }

    public static FixedOperand OfInput(FixedBinding binding, int index) => Of(binding, binding.Input(index));

    public static FixedOperand OfOutput(FixedBinding binding) => Of(binding, binding.Output);

    /// <summary>A scale in units of this tensor; 0 for a constant of zeros, whose own scale means nothing.</summary>
    public double FactorOf(TensorSpec tensor, double scale) => tensor.Constant is { } c && c.ToLongs().All(v => v == FixedBinding.Quant(tensor).ZeroPoint) ? 0 : scale / Scale;
}
