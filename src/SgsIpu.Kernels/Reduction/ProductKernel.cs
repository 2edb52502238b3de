using System.Numerics;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Kernels.Reduction;

/// <summary>
/// The product over dimensions. A product of many INT16 factors spans more than any integer type, so each partial one is a mantissa of
/// 31 bits with an exponent of its own, rounded after every factor (a relative error of 2^−31 each), in integers.
/// </summary>
public sealed class ProductKernel
{
    private readonly IntegerRange _range;
    private readonly BroadcastPlan _plan;
    private readonly int _zero;
    private readonly long _mantissa;
    private readonly int _exponent;

    /// <param name="zero">The integer of the input that stands for 0.</param>
    /// <param name="factors">How many elements make one result.</param>
    /// <param name="plan">The input against the output with its reduced dimensions kept as 1.</param>
    public ProductKernel(int zero, double inputScale, IntegerRange range, double outputScale, int factors, BroadcastPlan plan)
    {
        (_zero, _range, _plan) = (zero, range, plan);
        double mantissa = 1 / outputScale;
        int exponent = 0;
        for (int i = 0; i <= factors; i++)
        {
            mantissa = i == 0 ? mantissa : mantissa * inputScale;
            int own = Math.ILogB(mantissa);
            mantissa = Math.ScaleB(mantissa, -own);
            exponent += own;
        }

        _mantissa = (long)Math.Floor(Math.ScaleB(mantissa, 30) + 0.5);
        _exponent = exponent - 30;
    }

    /// <summary>Reduces a whole tensor of UINT8 or INT16 to INT16.</summary>
    /// <param name="partial">Scratch, twice as many elements as the output has.</param>
    public void Run(DataType input, ReadOnlySpan<byte> x, Span<short> y, Span<long> partial)
    {
        Span<long> mantissas = partial[..y.Length];
        Span<long> exponents = partial.Slice(y.Length, y.Length);
        mantissas.Fill(1);
        exponents.Clear();
        if (input == DataType.UInt8)
        {
            Join(x, mantissas, exponents);
        }
        else
        {
            Join(MemoryMarshal.Cast<byte, short>(x), mantissas, exponents);
        }

        for (int i = 0; i < y.Length; i++)
        {
            y[i] = (short)_range.Place(Place(mantissas[i], exponents[i]));
        }
    }

    private void Join<TX>(ReadOnlySpan<TX> x, Span<long> mantissas, Span<long> exponents)
        where TX : unmanaged, IBinaryInteger<TX>
    {
        for (int row = 0; row < _plan.Rows; row++)
        {
            (int from, int to) = _plan.Start(row);
            for (int i = 0; i < _plan.Length; i++)
            {
                int at = to + (i * _plan.StepB);
                long product = mantissas[at] * (int.CreateTruncating(x[from + i]) - _zero);
                int excess = Math.Max(0, 64 - BitOperations.LeadingZeroCount((ulong)Math.Abs(product)) - 31);
                mantissas[at] = excess == 0 ? product : (product + (1L << (excess - 1))) >> excess;
                exponents[at] += excess;
            }
        }
    }

    private int Place(long mantissa, long exponent)
    {
        long product = mantissa * _mantissa;
        long shift = exponent + _exponent;
        if (shift >= 0)
        {
            return product == 0 ? 0 : shift > 62 ? Math.Sign(product) * int.MaxValue : int.CreateSaturating((Int128)product << (int)shift);
        }

        return shift < -63 ? 0 : int.CreateSaturating(((Int128)product + (Int128.One << (int)(-shift - 1))) >> (int)-shift);
    }
}
