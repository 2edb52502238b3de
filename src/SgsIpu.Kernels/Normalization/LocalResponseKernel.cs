using System.Numerics;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Kernels.Normalization;

/// <summary>
/// Local response normalization over the innermost dimension: x · f(Σ x²) over a window of neighbours. The sum is exact; f is read from a
/// table of 64 segments for each power of two of the sum, with straight lines between.
/// </summary>
public sealed class LocalResponseKernel
{
    private const int SegmentBits = 6;
    private const int Octaves = 46;
    private const int FractionBits = 30;

    private readonly int _before;
    private readonly int _after;
    private readonly int _channels;
    private readonly DataType _input;
    private readonly int _zero;
    private readonly DataType _output;
    private readonly IntegerRange _range;
    private readonly Requantizer _scale;
    private readonly int[] _table;

    /// <param name="before">Neighbours before each element.</param>
    /// <param name="after">Neighbours after each element.</param>
    /// <param name="factor">The input's unit times the table's, in units of the output.</param>
    /// <param name="table">What <see cref="BuildTable"/> gave.</param>
    public LocalResponseKernel(int before, int after, int channels, DataType input, int zero, DataType output, IntegerRange range, double factor, Tensor table)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (table.Type != DataType.Int32 || table.Count != Entries)
        {
            throw new IpuException("NormalizationTable", $"the table of a local response normalization is Int32 [{Entries}], found {table}");
        }

        (_before, _after, _channels, _input, _zero, _output, _range) = (before, after, channels, input, zero, output, range);
        _scale = Requantizer.FromScale(Math.Min(Math.ScaleB(factor, -FractionBits), int.MaxValue - 1));
        _table = table.As<int>().ToArray();
    }

    private static int Entries => (Octaves << SegmentBits) + 2;

    /// <summary>f at 0 and at each segment's beginning, as parts of <paramref name="unit"/> with 30 fraction bits.</summary>
    /// <param name="function">f of a sum of squared integers.</param>
    public static Tensor BuildTable(Func<double, double> function, double unit)
    {
        ArgumentNullException.ThrowIfNull(function);
        var entries = new int[Entries];
        entries[0] = Entry(0);
        for (int i = 0; i < Entries - 1; i++)
        {
            entries[i + 1] = Entry(Math.ScaleB(1 + ((i & ((1 << SegmentBits) - 1)) / (double)(1 << SegmentBits)), i >> SegmentBits));
        }

        return Tensor.FromArray(entries, entries.Length);

        int Entry(double sum) => (int)Math.Clamp(Math.Floor((function(sum) / unit * (1 << FractionBits)) + 0.5), -(1 << FractionBits), 1 << FractionBits);
    }

    public void Run(ReadOnlySpan<byte> x, Span<byte> y)
    {
        if (_input == DataType.UInt8)
        {
            Rows(x, y);
        }
        else
        {
            Rows(MemoryMarshal.Cast<byte, short>(x), y);
        }
    }

    private void Rows<TX>(ReadOnlySpan<TX> x, Span<byte> y)
        where TX : unmanaged, IBinaryInteger<TX>
    {
        for (int start = 0; start < x.Length; start += _channels)
        {
            ReadOnlySpan<TX> row = x.Slice(start, _channels);
            long sum = 0;
            for (int i = 0; i < Math.Min(_after, _channels); i++)
            {
                sum += Square(row, i);
            }

            for (int c = 0; c < _channels; c++)
            {
                sum += Square(row, c + _after) - Square(row, c - _before - 1);
                long value = (long)(int.CreateTruncating(row[c]) - _zero) * Read(sum);
                int placed = _range.Place(_scale.Apply(value));
                if (_output == DataType.UInt8)
                {
                    y[start + c] = (byte)placed;
                }
                else
                {
                    MemoryMarshal.Cast<byte, short>(y)[start + c] = (short)placed;
                }
            }
        }
    }

    private long Square<TX>(ReadOnlySpan<TX> row, int index)
        where TX : unmanaged, IBinaryInteger<TX>
    {
        long value = (uint)index < (uint)row.Length ? int.CreateTruncating(row[index]) - _zero : 0;
        return value * value;
    }

    private long Read(long sum)
    {
        if (sum == 0)
        {
            return _table[0];
        }

        int octave = BitOperations.Log2((ulong)sum);
        ulong mantissa = (ulong)sum << (62 - octave);
        int segment = (octave << SegmentBits) + (int)((mantissa >> (62 - SegmentBits)) & ((1 << SegmentBits) - 1));
        long fraction = (long)((mantissa >> (62 - SegmentBits - 16)) & 0xFFFF);
        long left = _table[segment + 1];
        return left + ((((_table[segment + 2] - left) * fraction) + 0x8000) >> 16);
    }
}
