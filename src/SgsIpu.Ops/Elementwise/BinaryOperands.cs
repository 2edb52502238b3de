using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Ops;

/// <summary>The typed operands of an element-wise operator of two inputs.</summary>
/// <param name="Types">Types, zero points and shapes.</param>
/// <param name="ScaleA">Scale of the first input.</param>
/// <param name="ScaleB">Scale of the second input.</param>
/// <param name="ScaleY">Scale of the output.</param>
/// <param name="FactorA">From the first input's integers to units of the output.</param>
/// <param name="FactorB">From the second input's integers to units of the output.</param>
public sealed record BinaryOperands(BinaryTypes Types, double ScaleA, double ScaleB, double ScaleY, double FactorA, double FactorB)
{
    /// <summary>Of a part of a product, far below a step of 16 bits: what rounding of the scales themselves may make.</summary>
    private const double RatioTolerance = 1e-9;

    /// <exception cref="IpuException">A type is not supported (id <c>FixedNotSupported</c>).</exception>
    public static BinaryOperands Of(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        FixedOperand a = FixedOperand.OfInput(binding, 0);
        FixedOperand b = FixedOperand.OfInput(binding, 1);
        FixedOperand y = FixedOperand.OfOutput(binding);
        var types = new BinaryTypes(a.Type, a.Zero, b.Type, b.Zero, y.Type, y.Range, new BroadcastPlan(a.Shape, b.Shape));
        return new BinaryOperands(types, a.Scale, b.Scale, y.Scale, y.FactorOf(binding.Input(0), a.Scale), y.FactorOf(binding.Input(1), b.Scale));
    }

    /// <summary>Those of an operator that multiplies scales: of channel 0, as the others stand in the same ratio.</summary>
    /// <exception cref="IpuException">A type is not supported, or the channels stand in different ratios (id <c>FixedNotSupported</c>).</exception>
    public static BinaryOperands OfProduct(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        ChannelOperand a = ChannelOperand.Of(binding, binding.Input(0));
        ChannelOperand b = ChannelOperand.Of(binding, binding.Input(1));
        ChannelOperand y = ChannelOperand.Of(binding, binding.Output);
        double Ratio(int c) => a.Scale(c) * b.Scale(c) / y.Scale(c);
        int channels = Math.Max(y.Scales.Length, Math.Max(a.Scales.Length, b.Scales.Length));
        if (Enumerable.Range(1, channels - 1).Any(c => Math.Abs((Ratio(c) / Ratio(0)) - 1) > RatioTolerance))
        {
            throw binding.NotSupported("the scales of its channels do not stand in one ratio to those of its output");
        }

        var types = new BinaryTypes(a.Type, a.Zero, b.Type, b.Zero, y.Type, y.Range, new BroadcastPlan(binding.Input(0).Shape, binding.Input(1).Shape));
        return new BinaryOperands(types, a.Scale(0), b.Scale(0), y.Scale(0), a.Scale(0) / y.Scale(0), b.Scale(0) / y.Scale(0));
    }
}
