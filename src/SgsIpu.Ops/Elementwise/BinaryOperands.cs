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
}
