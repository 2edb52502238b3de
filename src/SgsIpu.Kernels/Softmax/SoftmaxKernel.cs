using System.Buffers;
using System.Numerics;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Kernels.Softmax;

/// <summary>
/// Softmax in integers. With d = max − q ≥ 0, e^(−d·s) = e^(−256·s·⌊d/256⌋) · e^(−s·(d mod 256)): two tables of 256 entries with 30
/// fraction bits give every exponential within 2^-29. The sum is exact; its reciprocal is taken once a row, with 31 significant bits.
/// </summary>
public sealed class SoftmaxKernel
{
    private const int FractionBits = 30;

    /// <summary>Elements below which a second thread costs more than it gains.</summary>
    internal const int LeastForThreads = 1 << 12;

    private readonly DataType _input;
    private readonly DataType _output;
    private readonly IntegerRange _range;
    private readonly long _unit;
    private readonly int[] _coarse;
    private readonly int[] _fine;

    /// <param name="table">What <see cref="BuildTable"/> gave.</param>
    /// <param name="outputScale">Scale of the output.</param>
    public SoftmaxKernel(DataType input, DataType output, IntegerRange range, double outputScale, Tensor table)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (table.Type != DataType.Int32 || table.Shape != new Shape(2, 256))
        {
            throw new IpuException("SoftmaxTable", $"the table of a softmax is Int32 [2, 256], found {table}");
        }

        _input = input;
        _output = output;
        _range = range;

        // 1 in units of the output, with 12 fraction bits; outputs coarser than 2^-18 of the unit of INT16 do not occur.
        _unit = (long)Math.Floor(Math.Clamp(Math.ScaleB(1 / outputScale, 12), 1, 1L << 30) + 0.5);
        _fine = table.As<int>()[..256].ToArray();
        _coarse = table.As<int>()[256..].ToArray();
    }

    /// <summary>Row 0: e^(−s·i), row 1: e^(−256·s·i), each times 2^30.</summary>
    public static Tensor BuildTable(double inputScale)
    {
        var entries = new int[512];
        for (int i = 0; i < 256; i++)
        {
            entries[i] = (int)Math.Floor((Math.Exp(-inputScale * i) * (1 << FractionBits)) + 0.5);
            entries[256 + i] = (int)Math.Floor((Math.Exp(-inputScale * 256 * i) * (1 << FractionBits)) + 0.5);
        }

        return Tensor.FromArray(entries, 2, 256);
    }

    /// <summary>Normalizes along the middle of three dimensions [outer, length, inner].</summary>
    /// <param name="threads">Threads to use at most.</param>
    public unsafe void Run(ReadOnlySpan<byte> x, Span<byte> y, int outer, int length, int inner, int threads)
    {
        fixed (byte* px = x, py = y)
        {
            int most = outer * length * inner < LeastForThreads ? 1 : threads;
            Workers.Run(outer * inner, most, (Self: this, X: (nint)px, Y: (nint)py, length, inner), static (s, first, end) =>
            {
                switch (s.Self._input, s.Self._output)
                {
                    case (DataType.UInt8, DataType.UInt8):
                        s.Self.Rows((byte*)s.X, (byte*)s.Y, s.length, s.inner, first, end);
                        break;
                    case (DataType.UInt8, _):
                        s.Self.Rows((byte*)s.X, (short*)s.Y, s.length, s.inner, first, end);
                        break;
                    case (_, DataType.UInt8):
                        s.Self.Rows((short*)s.X, (byte*)s.Y, s.length, s.inner, first, end);
                        break;
                    default:
                        s.Self.Rows((short*)s.X, (short*)s.Y, s.length, s.inner, first, end);
                        break;
                }
            });
        }
    }

    /// <summary>Normalizes rows [first, end) of all in order.</summary>
    private unsafe void Rows<TX, TY>(TX* x, TY* y, int length, int inner, int first, int end)
        where TX : unmanaged, IBinaryInteger<TX>
        where TY : unmanaged, IBinaryInteger<TY>
    {
        int[] rented = ArrayPool<int>.Shared.Rent(length);
        Span<int> exponentials = rented.AsSpan(0, length);
        int reach = ((length - 1) * inner) + 1;
        for (int row = first; row < end; row++)
        {
            int start = (row / inner * length * inner) + (row % inner);
            long sum = Exponentials(new ReadOnlySpan<TX>(x + start, reach), inner, exponentials);
            Divide(exponentials, sum, new Span<TY>(y + start, reach), inner);
        }

        ArrayPool<int>.Shared.Return(rented);
    }

    private long Exponentials<TX>(ReadOnlySpan<TX> x, int step, Span<int> exponentials)
        where TX : unmanaged, IBinaryInteger<TX>
    {
        int largest = int.MinValue;
        for (int i = 0; i < exponentials.Length; i++)
        {
            largest = Math.Max(largest, int.CreateTruncating(x[i * step]));
        }

        ReadOnlySpan<int> fine = _fine;
        ReadOnlySpan<int> coarse = _coarse;
        long sum = 0;
        for (int i = 0; i < exponentials.Length; i++)
        {
            int distance = largest - int.CreateTruncating(x[i * step]);
            long product = (long)coarse[distance >> 8] * fine[distance & 255];
            int value = (int)((product + (1L << (FractionBits - 1))) >> FractionBits);
            exponentials[i] = value;
            sum += value;
        }

        return sum;
    }

    private void Divide<TY>(ReadOnlySpan<int> exponentials, long sum, Span<TY> y, int step)
        where TY : unmanaged, IBinaryInteger<TY>
    {
        // unit / sum as a mantissa of 31 bits: value · mantissa stays below 2^62. The sum is at least 2^30, since the largest term is 1.
        int up = BitOperations.LeadingZeroCount((ulong)_unit) - 2;
        long quotient = (_unit << up) / sum;
        int shift = up + 12;
        while (quotient >= 1L << 31)
        {
            quotient >>= 1;
            shift--;
        }

        long rounding = 1L << (shift - 1);
        for (int i = 0; i < exponentials.Length; i++)
        {
            int centred = (int)(((exponentials[i] * quotient) + rounding) >> shift);
            y[i * step] = TY.CreateTruncating(_range.Place(centred));
        }
    }
}
