namespace SgsIpu.Engine.Quantization;

/// <summary>What 16 bits may cost, in any unit.</summary>
/// <param name="Usual">Spent as long as the outputs gain.</param>
/// <param name="Most">Spent while the outputs are not good enough.</param>
/// <param name="Whole">What counts as 100 %, for the reasons.</param>
/// <param name="Unit">What the cost is a part of, for the reasons.</param>
internal sealed record PrecisionBudget(long Usual, long Most, long Whole, string Unit)
{
    /// <summary>Share of the multiply-accumulates that may run in 16 bits without need.</summary>
    private const double UsualShare = 0.148;

    /// <summary>Multiply-accumulates that may run in 16 bits in any network where there is need: what costs tens of microseconds on a chip needs no sparing.</summary>
    private const long Few = 16_000_000;

    /// <summary>A budget of multiply-accumulates.</summary>
    /// <param name="total">Those of all convolutions.</param>
    /// <param name="spent">Those that run in 16 bits already.</param>
    public static PrecisionBudget OfMacs(long total, long spent)
    {
        long usual = (long)(total * UsualShare) - spent;
        return new PrecisionBudget(usual, usual, total, "the multiply-accumulates");
    }

    /// <summary>
    /// The budget where the noise of the outputs was measured. Results that are read position by position (boxes, masks) each stand for themselves and take
    /// what they need; where pooling averages errors out, only small networks do.
    /// </summary>
    public PrecisionBudget WithNeed(bool byPosition) => this with { Most = byPosition ? Whole : Math.Max(Usual, Few) };

    /// <summary>The budget where it is said what is good enough: all of it until then, nothing beyond.</summary>
    /// <param name="isLimited">Whether it is a limit that a user set.</param>
    public PrecisionBudget ForTarget(bool isLimited) => this with { Usual = 0, Most = isLimited ? Most : Whole };
}
