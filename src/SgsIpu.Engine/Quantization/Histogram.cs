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

    /// <summary>Behind the bins, places that take what is counted elsewhere.</summary>
    private readonly uint[] _counts = new uint[bins + Vector512<int>.Count];
    private readonly int _half = bins / 2;
    private double _scale = Math.ScaleB(bins / 2, -SmallestExponent);

    public int Bins => bins;

    public ReadOnlySpan<uint> Counts => _counts.AsSpan(0, bins);

    /// <summary>How many of the counted values are 0, which every mapping holds without an error.</summary>
    public uint Zeros { get; private set; }

    /// <summary>e: the range is [−2^e, 2^e).</summary>
    public int Exponent { get; private set; } = SmallestExponent;

    /// <summary>Width of a bin.</summary>
    public double Width => 1 / _scale;

    /// <summary>Lower edge of a bin.</summary>
    public double Edge(int bin) => (bin - _half) * Width;

    /// <summary>The bin that a value falls into, or the last one on its side.</summary>
    public int BinOf(double value) => (int)Math.Clamp(Math.Floor(value * _scale) + _half, 0, bins - 1);

    /// <summary>Counts runs of values, as many as are one after the other in a vector, and of these every <paramref name="stride"/>th.</summary>
    /// <param name="largest">At least the largest magnitude among the values; finite.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(ReadOnlySpan<float> values, float largest, int stride)
    {
        Widen(largest);

        // Scales are powers of 2, so that products are exact. Zeros, which are many, are counted together: adding to one bin again and again
        // waits for itself.
        int width = Vector512<float>.Count;
        Vector512<float> scale = Vector512.Create((float)_scale);
        Vector512<int> middle = Vector512.Create(_half);
        Vector512<int> aside = Vector512<int>.Indices + Vector512.Create(bins);
        Span<int> places = stackalloc int[width];
        uint[] counts = _counts;
        uint zeros = 0;
        int i = 0;
        for (; i <= values.Length - width; i += width * stride)
        {
            Vector512<float> v = Vector512.Create(values[i..]);
            Vector512<int> none = Vector512.Equals(v, Vector512<float>.Zero).AsInt32();
            zeros += (uint)BitOperations.PopCount(none.ExtractMostSignificantBits());
            Vector512.ConditionalSelect(none, aside, Vector512.ConvertToInt32(Vector512.Floor(v * scale)) + middle).CopyTo(places);
            foreach (int place in places)
            {
                counts[place]++;
            }
        }

        counts[_half] += zeros;
        Zeros += zeros;
        for (; i < values.Length; i++)
        {
            Add(values[i], largest);
        }
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
        writer.Write((ushort)(bins - Counts.Count(0u)));
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

    private ulong Total
    {
        get
        {
            ulong total = 0;
            foreach (uint count in Counts)
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
