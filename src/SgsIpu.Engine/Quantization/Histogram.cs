
namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Counts of values in equal bins over [−2^e, 2^e). Bins are dyadic, so that a histogram of a wider range is made from a narrower one by
/// adding neighbours, exactly: the sum of any number of histograms does not depend on their order.
/// </summary>
internal sealed class Histogram
{
    /// <summary>Bins, half of them below 0.</summary>
    public const int Bins = 4096;

    private const int Half = Bins / 2;
    private const int SmallestExponent = -100;

    private readonly long[] _counts = new long[Bins];
    private int _exponent = SmallestExponent;

    public ReadOnlySpan<long> Counts => _counts;

    /// <summary>Width of a bin.</summary>
    public double Width => Math.ScaleB(1, _exponent - 11);

    /// <summary>Lower edge of a bin.</summary>
    public double Edge(int bin) => (bin - Half) * Width;

    /// <summary>Counts every <paramref name="stride"/>th value.</summary>
    /// <param name="largest">At least the largest magnitude among the values; finite.</param>
    public void Add(ReadOnlySpan<float> values, float largest, int stride)
    {
        Widen(largest > 0 ? Math.Max(SmallestExponent, Math.ILogB(largest) + 1) : SmallestExponent);
        double scale = 1 / Width;
        long[] counts = _counts;
        for (int i = 0; i < values.Length; i += stride)
        {
            counts[Half + (int)Math.Floor(values[i] * scale)]++;
        }
    }

    public void Add(Histogram other)
    {
        Widen(other._exponent);
        int shift = _exponent - other._exponent;
        for (int i = 0; i < Bins; i++)
        {
            if (other._counts[i] != 0)
            {
                _counts[Half + Shifted(i - Half, shift)] += other._counts[i];
            }
        }
    }

    private static int Shifted(int bin, int shift) => bin >> Math.Min(shift, 31);

    private void Widen(int exponent)
    {
        int shift = exponent - _exponent;
        if (shift <= 0)
        {
            return;
        }

        // From the middle outwards, so that no bin is read after it was written.
        for (int i = Half; i < Bins; i++)
        {
            Move(i, shift);
        }

        for (int i = Half - 1; i >= 0; i--)
        {
            Move(i, shift);
        }

        _exponent = exponent;
    }

    private void Move(int bin, int shift)
    {
        long count = _counts[bin];
        _counts[bin] = 0;
        _counts[Half + Shifted(bin - Half, shift)] += count;
    }
}
