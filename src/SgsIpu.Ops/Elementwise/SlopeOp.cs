using SgsIpu.Kernels;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Ops;

/// <summary>A one-input function of two straight lines through the origin, cut off at two values.</summary>
public abstract record SlopeOp : UnaryOp
{
    /// <summary>Slope for x ≥ 0.</summary>
    protected abstract double SlopeAbove { get; }

    /// <summary>Slope for x &lt; 0.</summary>
    protected abstract double SlopeBelow { get; }

    /// <summary>The smallest result.</summary>
    protected virtual double Floor => double.NegativeInfinity;

    /// <summary>The largest result.</summary>
    protected virtual double Ceiling => double.PositiveInfinity;

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        if (binding.Input(0).Quant is null)
        {
            return PrepareExact(binding);
        }

        FixedOperand x = FixedOperand.OfInput(binding, 0);
        FixedOperand y = FixedOperand.OfOutput(binding);
        IntegerRange range = y.Range;
        range = range with { Low = Limit(Floor, y), High = Limit(Ceiling, y) };
        LinearScale above = LinearScale.Of(SlopeAbove * x.Scale / y.Scale);
        LinearScale below = LinearScale.Of(SlopeBelow * x.Scale / y.Scale);
        var kernel = new SlopeKernel(x.Type, x.Zero, y.Type, range, above, below, KernelForms.Current);
        return new DelegateKernel((in FixedArguments a) => kernel.Run(a.Input(0), a.Output(0), a.Threads));
    }

    /// <summary>On exact integers, for slopes that are whole.</summary>
    private FixedKernel PrepareExact(FixedBinding binding)
    {
        (long above, long below) = ((long)SlopeAbove, (long)SlopeBelow);
        if (above != SlopeAbove || below != SlopeBelow)
        {
            throw binding.NotSupported($"slopes of {SlopeAbove} and {SlopeBelow} leave the integers");
        }

        long floor = Floor <= long.MinValue ? long.MinValue : (long)Math.Ceiling(Floor);
        long ceiling = Ceiling >= long.MaxValue ? long.MaxValue : (long)Math.Floor(Ceiling);
        return ExactElementwise.Prepare(binding, x => Math.Min(Math.Max(unchecked(x * (x >= 0 ? above : below)), floor), ceiling));
    }

    private static int Limit(double value, FixedOperand y) =>
        (int)Math.Clamp(Math.Floor((value / y.Scale) + 0.5) + y.Zero, y.Range.Low, y.Range.High);
}
