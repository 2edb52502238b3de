using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>
/// Multiplies an accumulator by a real scale with integers only: <c>floor(acc · Multiplier / 2^Shift + 1/2)</c>, exact over the whole
/// range of the accumulator and saturated to INT32. The multiplier has 31 significant bits, so that the product with an INT32
/// accumulator fits 63 bits.
/// </summary>
/// <param name="Multiplier">The scale's mantissa, of magnitude in [2^30, 2^31), or 0.</param>
/// <param name="Shift">In [0, <see cref="MaxShift"/>].</param>
public readonly record struct Requantizer(int Multiplier, int Shift)
{
    /// <summary>A product of INT64 and 31 bits is below 2^94: with a larger shift every result would be 0.</summary>
    public const int MaxShift = 95;

    /// <summary>The requantizer that multiplies by 1.</summary>
    public static Requantizer One { get; } = FromScale(1.0);

    /// <summary>The requantizer nearest to a scale; the relative error is at most 2^-31.</summary>
    /// <param name="scale">Finite, of magnitude below 2^31; may be negative or 0.</param>
    /// <exception cref="IpuException">The scale is outside of that range (id <c>RequantizeScale</c>).</exception>
    public static Requantizer FromScale(double scale)
    {
        double magnitude = Math.Abs(scale);
        if (!double.IsFinite(scale) || magnitude >= 2147483647.5)
        {
            throw new IpuException("RequantizeScale", FormattableString.Invariant($"a requantization scale is finite and below 2^31 in magnitude, found {scale}"), IpuErrorKind.InvalidArgument);
        }

        if (magnitude == 0)
        {
            return default;
        }

        int exponent = Math.ILogB(magnitude);
        int shift = 30 - exponent;
        long mantissa = (long)Math.Floor(Math.ScaleB(magnitude, shift) + 0.5);
        if (mantissa == 1L << 31)
        {
            mantissa >>= 1;
            shift--;
        }

        return shift > MaxShift ? default : new Requantizer((int)(scale < 0 ? -mantissa : mantissa), shift);
    }

    /// <summary>Requantizes an INT32 accumulator.</summary>
    public int Apply(int accumulator)
    {
        long product = (long)accumulator * Multiplier;
        if (Shift == 0)
        {
            return int.CreateSaturating(product);
        }

        // The product is below 2^62 in magnitude: shifts beyond 62 leave nothing, and C# masks shift counts.
        return Shift > 62 ? 0 : int.CreateSaturating((product + (1L << (Shift - 1))) >> Shift);
    }

    /// <summary>Requantizes an INT64 accumulator.</summary>
    public int Apply(long accumulator)
    {
        if ((int)accumulator == accumulator)
        {
            return Apply((int)accumulator);
        }

        Int128 product = (Int128)accumulator * Multiplier;
        if (Shift > 0)
        {
            product = (product + (Int128.One << (Shift - 1))) >> Shift;
        }

        return product > int.MaxValue ? int.MaxValue : product < int.MinValue ? int.MinValue : (int)product;
    }
}
