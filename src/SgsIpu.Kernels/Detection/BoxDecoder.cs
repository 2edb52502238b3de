using SgsIpu.Core;

namespace SgsIpu.Kernels.Detection;

/// <summary>
/// Decodes box codes against anchors, in integers; the tables are made once, in double precision. Corners come in units of
/// 2^−<see cref="FractionBits"/> of the output's, limited to ±2^30.
/// </summary>
public sealed class BoxDecoder
{
    /// <summary>Bits below the output's unit.</summary>
    public const int FractionBits = 8;

    private const int ShiftBits = 16;
    private const int ExponentBits = 40;
    private const int SizeBits = 8;
    private const int SegmentBits = 8;
    private const int PowerBits = 30;
    private const long Limit = 1 << 30;

    private readonly long[] _anchors;
    private readonly int[] _powers;
    private readonly bool _corners;

    /// <param name="anchors">Made by <see cref="BuildAnchors"/>.</param>
    /// <param name="powers">Made by <see cref="BuildPowers"/>.</param>
    public BoxDecoder(Tensor anchors, Tensor powers, bool corners)
    {
        ArgumentNullException.ThrowIfNull(anchors);
        ArgumentNullException.ThrowIfNull(powers);
        _anchors = anchors.As<long>().ToArray();
        _powers = powers.As<int>().ToArray();
        _corners = corners;
    }

    /// <summary>Anchors and factors [n, 8] in the units of the integers: INT64 [n, 8].</summary>
    /// <param name="codeScale">Scale of the codes.</param>
    /// <param name="outputScale">Scale of the decoded boxes.</param>
    public static Tensor BuildAnchors(ReadOnlySpan<float> anchors, bool corners, double codeScale, double outputScale)
    {
        double unit = outputScale / (1 << FractionBits);
        var result = new long[anchors.Length];
        for (int r = 0; r < result.Length; r += 8)
        {
            for (int c = 0; c < 4; c++)
            {
                double anchor = anchors[r + c];
                double factor = anchors[r + 4 + c] * codeScale;
                bool size = !corners && c >= 2;
                result[r + c] = Rounded(size ? anchor / 2 / unit : anchor / unit, size ? SizeBits : 0, 38);
                result[r + 4 + c] = size
                    ? Rounded(factor / Math.Log(2), ExponentBits, 46)
                    : Rounded(factor * (corners ? 1 : anchors[r + 2 + c]) / unit, ShiftBits, 46);
            }
        }

        return Tensor.FromArray(result, result.Length / 8, 8);
    }

    /// <summary>2^f for f in [0, 1] as INT32 with 30 bits behind the point, evenly spaced; straight lines between are within 10^-6.</summary>
    public static Tensor BuildPowers()
    {
        var result = new int[(1 << SegmentBits) + 1];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = (int)Math.Min(int.MaxValue, Math.Floor(Math.ScaleB(Math.Pow(2, (double)i / (1 << SegmentBits)), PowerBits) + 0.5));
        }

        return Tensor.FromArray(result, result.Length);
    }

    /// <summary>Decodes every box.</summary>
    /// <param name="codes">INT16, four a box.</param>
    /// <param name="low">The smallest corner, in the units of the result.</param>
    /// <param name="high">The largest corner.</param>
    public void Run(ReadOnlySpan<short> codes, Span<int> boxes, long low = -Limit, long high = Limit)
    {
        low = Math.Max(low, -Limit);
        high = Math.Min(high, Limit);
        for (int i = 0; i < codes.Length; i += 4)
        {
            ReadOnlySpan<long> a = _anchors.AsSpan(i * 2, 8);
            for (int c = 0; c < (_corners ? 4 : 2); c++)
            {
                long center = a[c] + Shifted(codes[i + c] * a[4 + c], ShiftBits);
                long half = _corners ? 0 : Half(a[c + 2], codes[i + c + 2] * a[c + 6]);
                boxes[i + c] = (int)Math.Clamp(center - half, low, high);
                if (!_corners)
                {
                    boxes[i + c + 2] = (int)Math.Clamp(center + half, low, high);
                }
            }
        }
    }

    /// <summary>size · 2^exponent: the exponent has <see cref="ExponentBits"/> bits behind the point.</summary>
    private long Half(long size, long exponent)
    {
        long whole = exponent >> ExponentBits;
        if (whole >= 24)
        {
            return Math.Sign(size) * (Limit << 1);
        }

        if (whole < -62)
        {
            return 0;
        }

        long fraction = exponent & ((1L << ExponentBits) - 1);
        int segment = (int)(fraction >> (ExponentBits - SegmentBits));
        long rest = fraction & ((1L << (ExponentBits - SegmentBits)) - 1);
        long power = _powers[segment] + (((long)(_powers[segment + 1] - _powers[segment]) * rest) >> (ExponentBits - SegmentBits));
        Int128 grown = (Int128)size * power;
        int shift = PowerBits + SizeBits - (int)whole;
        Int128 result = (grown + (Int128.One << (shift - 1))) >> shift;
        return (long)Int128.Clamp(result, -(Limit << 1), Limit << 1);
    }

    private static long Shifted(long value, int bits) => (value + (1L << (bits - 1))) >> bits;

    private static long Rounded(double value, int bits, int limit)
    {
        double bound = Math.ScaleB(1, limit);
        double scaled = Math.Floor(Math.ScaleB(value, bits) + 0.5);
        return double.IsNaN(scaled) ? 0 : (long)Math.Clamp(scaled, -bound, bound);
    }
}
