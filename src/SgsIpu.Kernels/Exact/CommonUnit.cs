namespace SgsIpu.Kernels.Exact;

/// <summary>
/// Two operands of different scales in one unit, for what must know both at once: the sign of a difference, the remainder of a
/// division. The finer operand's unit, divided by 2^<see cref="FractionBits"/>, is the common one.
/// </summary>
/// <param name="A">Common units in a unit of the first operand, with <see cref="MultiplierBits"/> bits behind the point.</param>
/// <param name="B">The same of the second.</param>
/// <param name="Unit">The common unit as a real number.</param>
public readonly record struct CommonUnit(long A, long B, double Unit)
{
    /// <summary>Bits below the finer unit.</summary>
    public const int FractionBits = 6;

    private const int MultiplierBits = 20;

    /// <summary>Ratios of scales beyond it are cut off: the finer operand is then nothing beside the coarser.</summary>
    private const double LargestRatio = 1L << 20;

    public static CommonUnit Of(double scaleA, double scaleB)
    {
        double finer = Math.Max(Math.Min(scaleA, scaleB), Math.Max(scaleA, scaleB) / LargestRatio);
        double unit = finer / (1 << FractionBits);
        return new CommonUnit(Multiplier(scaleA / unit), Multiplier(scaleB / unit), unit);
    }

    /// <summary>A centred integer of the first operand in common units.</summary>
    public long First(int a) => Scaled(a, A);

    /// <summary>A centred integer of the second operand in common units.</summary>
    public long Second(int b) => Scaled(b, B);

    /// <summary>
    /// The sign of a − b, where numbers within half a step of the coarser operand are equal: neither operand knows its value better than
    /// to a step of its own, and a whole number that two scales round differently is still the same number.
    /// </summary>
    public int Compare(int a, int b)
    {
        long difference = First(a) - Second(b);
        return Math.Abs(difference) << (MultiplierBits + 1) <= Math.Max(A, B) ? 0 : Math.Sign(difference);
    }

    private static long Scaled(int value, long multiplier) => ((value * multiplier) + (1L << (MultiplierBits - 1))) >> MultiplierBits;

    private static long Multiplier(double ratio) => (long)Math.Floor(Math.ScaleB(ratio, MultiplierBits) + 0.5);
}
