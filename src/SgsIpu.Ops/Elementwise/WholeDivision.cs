using SgsIpu.Core;
using SgsIpu.Kernels;
using SgsIpu.Kernels.Elementwise;
using SgsIpu.Kernels.Exact;

namespace SgsIpu.Ops;

/// <summary>Whole division of quantized numbers: both operands in a common unit, so that quotient and rest are those of integers.</summary>
internal static class WholeDivision
{
    public static long Remainder(long a, long b) => b == 0 ? 0 : a % b;

    public static long FloorRemainder(long a, long b)
    {
        long r = Remainder(a, b);
        return r != 0 && (r < 0) != (b < 0) ? r + b : r;
    }

    public static long FloorQuotient(long a, long b) => b == 0 ? 0 : (a - FloorRemainder(a, b)) / b;

    /// <param name="function">Of two numbers in the common unit.</param>
    /// <param name="quotient">True where the result is a pure number, false where it is in the common unit.</param>
    public static FixedKernel Prepare(FixedBinding binding, Func<long, long, long> function, bool quotient)
    {
        FixedOperand x = FixedOperand.OfInput(binding, 0);
        FixedOperand d = FixedOperand.OfInput(binding, 1);
        FixedOperand y = FixedOperand.OfOutput(binding);
        if (x.Type != DataType.Int16 || d.Type != DataType.Int16 || y.Type != DataType.Int16)
        {
            throw binding.NotSupported($"{x.Type}, {d.Type} to {y.Type}; Int16 is supported");
        }

        CommonUnit unit = CommonUnit.Of(x.Scale, d.Scale);
        Requantizer scale = Requantizer.FromScale((quotient ? 1 : unit.Unit) / y.Scale);
        var plan = new BroadcastPlan(x.Shape, d.Shape);
        return new DelegateKernel((in FixedArguments a) =>
        {
            ReadOnlySpan<short> left = a.Input<short>(0);
            ReadOnlySpan<short> right = a.Input<short>(1);
            Span<short> to = a.Output<short>(0);
            for (int row = 0; row < plan.Rows; row++)
            {
                (int startA, int startB) = plan.Start(row);
                for (int i = 0; i < plan.Length; i++)
                {
                    long value = function(unit.First(left[startA + (i * plan.StepA)]), unit.Second(right[startB + (i * plan.StepB)]));
                    to[(row * plan.Length) + i] = (short)y.Range.Place(scale.Apply(value));
                }
            }
        });
    }
}
