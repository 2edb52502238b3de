using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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

    /// <summary>How many of the counted values are 0, which every mapping holds without an error.</summary>
    public uint Zeros { get; private set; }

    /// <summary>Share of the values that rounding changes: all but zeros. 1 where nothing was counted.</summary>
    public double Density => Total is > 0 and var total ? 1 - ((double)Zeros / total) : 1;

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
        uint zeros = 0;
        int start = stride == 1 ? AddVectors(values, (float)scale, ref zeros) : 0;
        for (int i = start; i < values.Length; i += stride)
        {
            counts[_half + (int)Math.Floor(values[i] * scale)]++;
            zeros += values[i] == 0 ? 1u : 0u;
        }

        Zeros += zeros;
    }

    /// <summary>Counts one value.</summary>
    /// <param name="largest">At least its magnitude; finite.</param>
    public void Add(float value, float largest)
    {
        Widen(largest);
        _counts[_half + (int)Math.Floor(value * _scale)]++;
        Zeros += value == 0 ? 1u : 0u;
    }

    public void Add(Histogram other)
    {
        WidenTo(other.Exponent);
        Zeros += other.Zeros;
        int shift = Exponent - other.Exponent;
        for (int i = 0; i < bins; i++)
        {
            if (other._counts[i] != 0)
            {
                _counts[_half + Shifted(i - _half, shift)] += other._counts[i];
            }
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It cannot be right.</exception>
    public static Histogram Read(BinaryReader reader, int bins)
    {
        int exponent = reader.ReadInt16();
        uint zeros = reader.ReadUInt32();
        int used = reader.ReadUInt16();
        if (exponent is < SmallestExponent or > LargestExponent || used > bins)
        {
            throw new InvalidDataException($"a histogram over 2^{exponent} with {used} of {bins} bins in use");
        }

        var histogram = new Histogram(bins) { Zeros = zeros };
        histogram.WidenTo(exponent);
        int at = -1;
        for (int i = 0; i < used; i++)
        {
            at += reader.Read7BitEncodedInt();
            if (at < 0 || at >= bins || (i > 0 && histogram._counts[at] != 0))
            {
                throw new InvalidDataException("the bins of a histogram are in no order");
            }

            histogram._counts[at] = (uint)reader.Read7BitEncodedInt();
        }

        return histogram;
    }

    /// <summary>Writes the bins in use: how far each is from the one before, and its count.</summary>
    public void Write(BinaryWriter writer)
    {
        writer.Write((short)Exponent);
        writer.Write(Zeros);
        writer.Write((ushort)_counts.Count(c => c != 0));
        int last = -1;
        for (int i = 0; i < bins; i++)
        {
            if (_counts[i] != 0)
            {
                writer.Write7BitEncodedInt(i - last);
                writer.Write7BitEncodedInt((int)_counts[i]);
                last = i;
            }
        }
    }

    /// <summary>Borders beyond which lies no more than a share of the values at each side.</summary>
    public (double Low, double High) Kept(double share)
    {
        var allowed = (ulong)(Total * share);
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

    /// <summary>
    /// Counts values eight at a time and returns how many. Scales are powers of 2, so that products are exact. Zeros, which are many,
    /// are counted together: adding to one bin again and again waits for itself.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int AddVectors(ReadOnlySpan<float> values, float scale, ref uint zeros)
    {
        int width = Vector256<float>.Count;
        var factor = Vector256.Create(scale);
        var middle = Vector256.Create(_half);
        Span<int> bins = stackalloc int[width];
        uint[] counts = _counts;
        uint none = 0;
        int i = 0;
        for (; i <= values.Length - width; i += width)
        {
            Vector256<float> v = Vector256.Create(values[i..]);
            uint others = ~Vector256.Equals(v, Vector256<float>.Zero).ExtractMostSignificantBits() & byte.MaxValue;
            none += (uint)(width - BitOperations.PopCount(others));
            (Vector256.ConvertToInt32(Vector256.Floor(v * factor)) + middle).CopyTo(bins);
            for (; others != 0; others &= others - 1)
            {
                counts[bins[BitOperations.TrailingZeroCount(others)]]++;
            }
        }

        counts[_half] += none;
        zeros += none;
        return i;
    }

    private ulong Total
    {
        get
        {
            ulong total = 0;
            foreach (uint count in _counts)
            {
                total += count;
            }

            return total;
        }
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
