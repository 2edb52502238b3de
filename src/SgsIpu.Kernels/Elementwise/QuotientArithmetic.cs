namespace SgsIpu.Kernels.Elementwise;

/// <summary>
/// A quotient: <c>floor(a · Multiplier / (b · 2^Shift) + 1/2)</c> in INT64. A division by 0 gives the limit on the side of a's sign, and
/// 0 / 0 gives 0.
/// </summary>
internal readonly struct QuotientArithmetic : IBinaryArithmetic
{
    private readonly long _numerator;
    private readonly int _shift;

    /// <param name="scale">Scale of a / (scale of b · scale of the output).</param>
    public QuotientArithmetic(double scale)
    {
        // |a·N| < 2^61 with 45 bits of N, and |b|·2^shift < 2^61 with at most 44 bits of shift.
        _shift = Math.Clamp(44 - Math.ILogB(Math.Max(scale, double.Epsilon)), 0, 44);
        _numerator = (long)Math.Min(Math.Floor(Math.ScaleB(scale, _shift) + 0.5), 1L << 45);
    }

    public bool HasVectorForm => false;

    public int Apply(int a, int b)
    {
        if (b == 0)
        {
            return a == 0 ? 0 : a < 0 ? int.MinValue : int.MaxValue;
        }

        // Round half up: floor((2n + d) / 2d), with the divisor made positive.
        long n = a * _numerator;
        long d = (long)b << _shift;
        if (d < 0)
        {
            n = -n;
            d = -d;
        }

        (long quotient, long rest) = Math.DivRem(n, d);
        if (rest < 0)
        {
            quotient--;
            rest += d;
        }

        return int.CreateSaturating(rest >= d - rest ? quotient + 1 : quotient);
    }

    public TLanes Apply<TLanes>(TLanes a, TLanes b)
        where TLanes : struct, ILanes<TLanes>
        => throw new InvalidOperationException("a quotient has no vector form");
}
