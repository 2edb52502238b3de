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
        FixedOperand x = FixedOperand.OfInput(binding, 0);
        FixedOperand y = FixedOperand.OfOutput(binding);
        IntegerRange range = y.Range;
        range = range with { Low = Limit(Floor, y), High = Limit(Ceiling, y) };
        LinearScale above = LinearScale.Of(SlopeAbove * x.Scale / y.Scale);
        LinearScale below = LinearScale.Of(SlopeBelow * x.Scale / y.Scale);
        var kernel = new SlopeKernel(x.Type, x.Zero, y.Type, range, above, below, KernelForms.Current);
        return new DelegateKernel((in FixedArguments a) => kernel.Run(a.Input(0), a.Output(0)));
    }

    private static int Limit(double value, FixedOperand y) =>
        (int)Math.Clamp(Math.Floor((value / y.Scale) + 0.5) + y.Zero, y.Range.Low, y.Range.High);
}
