using System.Numerics;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Kernels.Softmax;

/// <summary>
/// The logarithm of a softmax in integers, −d·s − ln Σ e^(−d·s) with d = max − q: the sum as <see cref="SoftmaxKernel"/> has it, its
/// logarithm from the exponent and a table of ln over [1, 2] with straight lines between, within 2^-18.
/// </summary>
public sealed class LogSoftmaxKernel
{
    private const int FractionBits = 30;
    private const int ScaleBits = 24;
    private const int Segments = 256;

    private readonly DataType _input;
    private readonly DataType _output;
    private readonly IntegerRange _range;
    private readonly int[] _exponentials;
    private readonly int[] _logarithms;
    private readonly long _factor;
    private readonly Int128 _unit;

    /// <param name="table">What <see cref="BuildTable"/> gave.</param>
    public LogSoftmaxKernel(DataType input, double inputScale, DataType output, IntegerRange range, double outputScale, Tensor table)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (table.Type != DataType.Int32 || table.Shape != new Shape(512 + Segments + 1))
        {
            throw new IpuException("SoftmaxTable", $"the table of a logarithmic softmax is Int32 [{512 + Segments + 1}], found {table}");
        }

        _input = input;
        _output = output;
        _range = range;
        _exponentials = table.As<int>()[..512].ToArray();
        _logarithms = table.As<int>()[512..].ToArray();
        _factor = (long)Math.Floor(Math.ScaleB(Math.Min(inputScale / outputScale, 1 << 15), ScaleBits) + 0.5);
        _unit = (Int128)Math.Floor(Math.ScaleB(Math.Min(1 / outputScale, 1e12), ScaleBits) + 0.5);
    }

    /// <summary>The two tables of a softmax, and ln(1 + i/256), all times 2^30.</summary>
    public static Tensor BuildTable(double inputScale)
    {
        int[] logarithms = [.. Enumerable.Range(0, Segments + 1).Select(i => (int)Math.Floor((Math.Log(1 + (i / (double)Segments)) * (1 << FractionBits)) + 0.5))];
        return Tensor.FromArray<int>([.. SoftmaxKernel.BuildTable(inputScale).As<int>(), .. logarithms], 512 + Segments + 1);
    }

    /// <summary>Normalizes along the middle of three dimensions [outer, length, inner].</summary>
    /// <param name="threads">Threads to use at most.</param>
    public unsafe void Run(ReadOnlySpan<byte> x, Span<byte> y, int outer, int length, int inner, int threads)
    {
        fixed (byte* px = x, py = y)
        {
            int most = outer * length * inner < SoftmaxKernel.LeastForThreads ? 1 : threads;
            Workers.Run(outer * inner, most, (Self: this, X: (nint)px, XBytes: x.Length, Y: (nint)py, YBytes: y.Length, length, inner), static (s, first, end) =>
                s.Self.Rows(new ReadOnlySpan<byte>((byte*)s.X, s.XBytes), new Span<byte>((byte*)s.Y, s.YBytes), s.length, s.inner, first, end));
        }
    }

    /// <summary>Normalizes rows [first, end) of all in order.</summary>
    private void Rows(ReadOnlySpan<byte> x, Span<byte> y, int length, int inner, int first, int end)
    {
        for (int row = first; row < end; row++)
        {
            int start = (row / inner * length * inner) + (row % inner);
            if (_input == DataType.UInt8)
            {
                Row(x[start..], y, start, length, inner);
            }
            else
            {
                Row(MemoryMarshal.Cast<byte, short>(x)[start..], y, start, length, inner);
            }
        }
    }

    private void Row<TX>(ReadOnlySpan<TX> x, Span<byte> y, int start, int length, int step)
        where TX : unmanaged, IBinaryInteger<TX>
    {
        int largest = int.MinValue;
        for (int i = 0; i < length; i++)
        {
            largest = Math.Max(largest, int.CreateTruncating(x[i * step]));
        }

        long sum = 0;
        for (int i = 0; i < length; i++)
        {
            int distance = largest - int.CreateTruncating(x[i * step]);
            long product = (long)_exponentials[256 + (distance >> 8)] * _exponentials[distance & 255];
            sum += (product + (1L << (FractionBits - 1))) >> FractionBits;
        }

        // In units of the output with 24 fraction bits; the rounding of the end is already in it.
        long offset = (long)((Logarithm(sum) * _unit) >> FractionBits) - (1L << (ScaleBits - 1));
        for (int i = 0; i < length; i++)
        {
            long value = -(((largest - int.CreateTruncating(x[i * step])) * _factor) + offset) >> ScaleBits;
            int placed = _range.Place((int)Math.Clamp(value, int.MinValue, int.MaxValue));
            if (_output == DataType.UInt8)
            {
                y[start + (i * step)] = (byte)placed;
            }
            else
            {
                MemoryMarshal.Cast<byte, short>(y)[start + (i * step)] = (short)placed;
            }
        }
    }

    /// <summary>ln(sum / 2^30) times 2^30, for a sum of at least 2^30.</summary>
    private Int128 Logarithm(long sum)
    {
        int exponent = BitOperations.Log2((ulong)sum);
        long mantissa = sum << (62 - exponent);
        int segment = (int)((mantissa >> 54) & (Segments - 1));
        long fraction = (mantissa >> 38) & 0xFFFF;
        long left = _logarithms[segment];
        long between = left + ((((_logarithms[segment + 1] - left) * fraction) + 0x8000) >> 16);
        return ((exponent - FractionBits) * (Int128)_logarithms[Segments]) + between;
    }
}
