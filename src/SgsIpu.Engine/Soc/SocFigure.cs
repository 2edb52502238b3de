namespace SgsIpu.Engine;

/// <summary>A number about a chip and where it comes from.</summary>
/// <param name="Estimate">True where nobody measured it.</param>
public readonly record struct SocFigure(double Value, bool Estimate, string Source)
{
    public override string ToString() => FormattableString.Invariant($"{Value}{(Estimate ? " (estimate)" : "")}");
}
