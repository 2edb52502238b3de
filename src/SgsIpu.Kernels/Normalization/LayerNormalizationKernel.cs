using System.Numerics;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Kernels.Normalization;

/// <summary>
/// Layer normalization in integers. With n elements c of a row, S = Σc and Q = Σc², the normalized value is
/// (n·c − S) / √(n·Q − S² + ε·n²/s²): numerator and radicand are exact. The root is floor(√) of the radicand scaled to 64 bits, its
/// reciprocal has 31 significant bits, the normalized value 20 fraction bits; scale and bias follow in one multiplication with one rounding.
/// </summary>
public sealed class LayerNormalizationKernel
{
    private const int FractionBits = 20;

    private readonly DataType _input;
    private readonly DataType _output;
    private readonly int _zero;
    private readonly IntegerRange _range;
    private readonly UInt128 _epsilon;
    private readonly int[] _factors;
    private readonly long[] _offsets;
    private readonly int _shift;
    private readonly int _spareBits;

    /// <param name="input">UINT8 or INT16.</param>
    /// <param name="zero">The integer of the input that stands for 0.</param>
    /// <param name="inputScale">Scale of the input.</param>
    /// <param name="output">UINT8 or INT16.</param>
    /// <param name="range">Zero point and limits of the output.</param>
    /// <param name="scale">For each element of a row: the scale, in units of the output.</param>
    /// <param name="bias">For each element of a row: the bias, in units of the output.</param>
    /// <param name="epsilon">Added to the variance.</param>
    public LayerNormalizationKernel(
        DataType input, int zero, double inputScale, DataType output, IntegerRange range, ReadOnlySpan<double> scale, ReadOnlySpan<double> bias, double epsilon)
    {
        _input = input;
        _output = output;
        _zero = zero;
        _range = range;
        int n = scale.Length;
        _epsilon = (UInt128)Math.Min(Math.Floor((epsilon * n / inputScale * n / inputScale) + 0.5), 1e36);
        double largest = 0;
        foreach (double s in scale)
        {
            largest = Math.Max(largest, Math.Abs(s));
        }

        int bits = largest == 0 ? 0 : Math.Clamp(29 - Math.ILogB(largest), 0, 30);
        _shift = FractionBits + bits;
        _factors = new int[n];
        _offsets = new long[n];
        for (int i = 0; i < n; i++)
        {
            _factors[i] = (int)Math.Clamp(Math.Floor(Math.ScaleB(scale[i], bits) + 0.5), -int.MaxValue, int.MaxValue);
            _offsets[i] = (long)Math.Clamp(Math.Floor(Math.ScaleB(bias[i], _shift) + 0.5), -(1L << 61), 1L << 61) + (1L << (_shift - 1));
        }

        // |n·c − S| has at most 17 bits more than n; where its product with 31 bits would not fit, the reciprocal gives up some.
        _spareBits = Math.Max(0, BitOperations.Log2((uint)n) + 1 + 17 + 31 - 63);
    }

    /// <summary>False where the mean stays, so that rows are divided by the root of their mean square.</summary>
    public bool Centred { get; init; } = true;

    /// <summary>Normalizes every row.</summary>
    public void Run(ReadOnlySpan<byte> x, Span<byte> y)
    {
        if (_input == DataType.UInt8)
        {
            Run<byte>(x, y);
        }
        else
        {
            Run(MemoryMarshal.Cast<byte, short>(x), y);
        }
    }

    /// <summary>The largest integer whose square is not above the argument.</summary>
    public static uint SquareRoot(ulong value)
    {
        if (value == 0)
        {
            return 0;
        }

        // Newton from above never passes the root.
        ulong root = Math.Min(1UL << ((65 - BitOperations.LeadingZeroCount(value)) / 2), uint.MaxValue);
        while (true)
        {
            ulong next = (root + (value / root)) >> 1;
            if (next >= root)
            {
                return (uint)root;
            }

            root = next;
        }
    }

    private void Run<TX>(ReadOnlySpan<TX> x, Span<byte> y)
        where TX : unmanaged, IBinaryInteger<TX>
    {
        if (_output == DataType.UInt8)
        {
            Rows(x, y);
        }
        else
        {
            Rows(x, MemoryMarshal.Cast<byte, short>(y));
        }
    }

    private void Rows<TX, TY>(ReadOnlySpan<TX> x, Span<TY> y)
        where TX : unmanaged, IBinaryInteger<TX>
        where TY : unmanaged, IBinaryInteger<TY>
    {
        int n = _factors.Length;
        for (int start = 0; start < x.Length; start += n)
        {
            Row(x.Slice(start, n), y.Slice(start, n));
        }
    }

    private void Row<TX, TY>(ReadOnlySpan<TX> x, Span<TY> y)
        where TX : unmanaged, IBinaryInteger<TX>
        where TY : unmanaged, IBinaryInteger<TY>
    {
        long sum = 0;
        long squares = 0;
        foreach (TX element in x)
        {
            int centred = int.CreateTruncating(element) - _zero;
            sum += centred;
            squares += centred * centred;
        }

        sum = Centred ? sum : 0;
        UInt128 radicand = ((UInt128)(ulong)squares * (uint)x.Length) - ((UInt128)(ulong)Math.Abs(sum) * (ulong)Math.Abs(sum)) + _epsilon;
        (long reciprocal, int shift) = ReciprocalRoot(radicand);
        long rounding = shift > 0 ? 1L << (shift - 1) : 0;
        ReadOnlySpan<int> factors = _factors;
        ReadOnlySpan<long> offsets = _offsets;
        for (int i = 0; i < y.Length; i++)
        {
            long deviation = ((long)(int.CreateTruncating(x[i]) - _zero) * x.Length) - sum;
            long normalized = ((deviation * reciprocal) + rounding) >> shift;
            long value = ((normalized * factors[i]) + offsets[i]) >> _shift;
            y[i] = TY.CreateTruncating(_range.Place((int)Math.Clamp(value, int.MinValue, int.MaxValue)));
        }
    }

    /// <summary>m and k with m / 2^k = 2^20 / √radicand; 0 for 0.</summary>
    private (long Mantissa, int Shift) ReciprocalRoot(UInt128 radicand)
    {
        if (radicand == 0)
        {
            return (0, 0);
        }

        int up = (int)UInt128.LeadingZeroCount(radicand) & ~1;
        ulong top = (ulong)((radicand << up) >> 64);
        long mantissa = (long)((1UL << 62) / SquareRoot(top));

        // √radicand = √top · 2^((64 − up) / 2), so 2^20/√radicand = mantissa · 2^(20 − 62 − (64 − up)/2).
        int shift = 62 + 32 - (up / 2) - FractionBits - _spareBits;
        mantissa >>= _spareBits;

        // A tiny radicand means that all deviations are tiny too: shifts below 0 happen only where the mantissa has room.
        return shift >= 0 ? (mantissa, Math.Min(shift, 62)) : (mantissa << -shift, 0);
    }
}
