namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Counts of values in equal bins over [−2^e, 2^e). Bins are dyadic, so that a histogram of a wider range is made from a narrower one by
/// adding neighbours, exactly: the sum of any number of histograms does not depend on their order.
/// </summary>
/// <param name="bins">A power of 2; half of them lie below 0.</param>
internal sealed class Histogram(int bins = Histogram.Fine)
{
    /// <summary>Bins of a whole tensor.</summary>
    public const int Fine = 4096;

    /// <summary>Bins of one channel.</summary>
    public const int Coarse = 128;

    public const int SmallestExponent = -100;

    /// <summary>Beyond the largest finite number.</summary>
    public const int LargestExponent = 128;

    private readonly uint[] _counts = new uint[bins];
    private readonly int _half = bins / 2;
    private double _scale = Math.ScaleB(bins / 2, -SmallestExponent);

    public int Bins => bins;

    public ReadOnlySpan<uint> Counts => _counts;

    /// <summary>e: the range is [−2^e, 2^e).</summary>
    public int Exponent { get; private set; } = SmallestExponent;

    /// <summary>Width of a bin.</summary>
    public double Width => 1 / _scale;

    /// <summary>Lower edge of a bin.</summary>
    public double Edge(int bin) => (bin - _half) * Width;

    /// <summary>The bin that a value falls into, or the last one on its side.</summary>
    public int BinOf(double value) => (int)Math.Clamp(Math.Floor(value * _scale) + _half, 0, bins - 1);

    /// <summary>Counts every <paramref name="stride"/>th value.</summary>
    /// <param name="largest">At least the largest magnitude among the values; finite.</param>
    public void Add(ReadOnlySpan<float> values, float largest, int stride)
    {
        Widen(largest);
        double scale = _scale;
        uint[] counts = _counts;
        for (int i = 0; i < values.Length; i += stride)
        {
            counts[_half + (int)Math.Floor(values[i] * scale)]++;
        }
    }

    public void Add(Histogram other)
    {
        WidenTo(other.Exponent);
        int shift = Exponent - other.Exponent;
        for (int i = 0; i < bins; i++)
        {
            if (other._counts[i] != 0)
            {
                _counts[_half + Shifted(i - _half, shift)] += other._counts[i];
            }
        }
    }

    /// <summary>A histogram with these counts.</summary>
    public static Histogram Of(int exponent, ReadOnlySpan<uint> counts)
    {
        var histogram = new Histogram(counts.Length);
        histogram.WidenTo(exponent);
        counts.CopyTo(histogram._counts);
        return histogram;
    }

    /// <summary>Borders beyond which lies no more than a share of the values at each side.</summary>
    public (double Low, double High) Kept(double share)
    {
        ulong total = 0;
        foreach (uint count in _counts)
        {
            total += count;
        }

        var allowed = (ulong)(total * share);
        int low = 0;
        for (ulong seen = 0; low < bins && (seen += _counts[low]) <= allowed; low++)
        {
        }

        int high = bins - 1;
        for (ulong seen = 0; high >= 0 && (seen += _counts[high]) <= allowed; high--)
        {
        }

        return (Edge(low), Edge(high + 1));
    }

    private static int Shifted(int bin, int shift) => bin >> Math.Min(shift, 31);

    private void Widen(float largest)
    {
        if (largest * _scale >= _half)
        {
            WidenTo(Math.ILogB(largest) + 1);
        }
    }

    private void WidenTo(int exponent)
    {
        int shift = exponent - Exponent;
        if (shift <= 0)
        {
            return;
        }

        // From the middle outwards, so that no bin is read after it was written.
        for (int i = _half; i < bins; i++)
        {
            Move(i, shift);
        }

        for (int i = _half - 1; i >= 0; i--)
        {
            Move(i, shift);
        }

        Exponent = exponent;
        _scale = Math.ScaleB(_half, -exponent);
    }

    private void Move(int bin, int shift)
    {
        uint count = _counts[bin];
        _counts[bin] = 0;
        _counts[_half + Shifted(bin - _half, shift)] += count;
    }
}
