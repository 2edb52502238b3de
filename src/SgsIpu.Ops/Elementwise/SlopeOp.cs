using SgsIpu.Core;

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
        throw binding.NotSupported($"{Name} has no fixed-point form for {binding.Input(0).Type}");
    }
}
