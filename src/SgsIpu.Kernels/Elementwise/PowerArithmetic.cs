using System.Numerics;
using SgsIpu.Core;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>
/// A power |a|^b = 2^(b · log2 |a|) in integers: the logarithm from the exponent and a table over [1, 2], the power from a table over
/// [0, 1], with straight lines between 1024 points, within 2^-22 each. Logarithms have 30 fraction bits; those of the scales are in the table.
/// </summary>
/// <remarks>
/// A negative number has a power where the exponent is whole, within half a step of its own scale; elsewhere it takes the value at 0.
/// 0 to a negative power is the upper limit.
/// </remarks>
internal readonly struct PowerArithmetic : IBinaryArithmetic
{
    private const int FractionBits = 30;
    private const int Segments = 1024;
    private const int Length = (2 * (Segments + 1)) + 2;

    private readonly long[] _table;
    private readonly Int128 _exponentScale;
    private readonly long _halfStep;

    /// <param name="table">What <see cref="BuildTable"/> gave.</param>
    /// <param name="exponentScale">Scale of the exponent.</param>
    public PowerArithmetic(Tensor table, double exponentScale)
    {
        if (table.Type != DataType.Int64 || table.Shape != new Shape(Length))
        {
            throw new IpuException("PowerTable", $"the table of a power is Int64 [{Length}], found {table}");
        }

        _table = table.As<long>().ToArray();

        // An exponent of 2^30 and more saturates whatever the base.
        _exponentScale = (Int128)Math.Floor(Math.ScaleB(Math.Min(exponentScale, 1 << 30), FractionBits) + 0.5);
        _halfStep = (long)(_exponentScale >> 1);
    }

    public bool HasVectorForm => false;

    /// <summary>log2(1 + i/1024), 2^(i/1024), log2 of the base's scale and of the output's, all times 2^30.</summary>
    public static Tensor BuildTable(double baseScale, double outputScale)
    {
        IEnumerable<double> points = Enumerable.Range(0, Segments + 1).Select(i => i / (double)Segments);
        double[] values = [.. points.Select(p => Math.Log2(1 + p)), .. points.Select(p => Math.Pow(2, p)), Math.Log2(baseScale), Math.Log2(outputScale)];
        return Tensor.FromArray<long>([.. values.Select(v => (long)Math.Floor(Math.ScaleB(v, FractionBits) + 0.5))], Length);
    }

    public int Apply(int a, int b)
    {
        Int128 exponent = b * _exponentScale;
        if (a == 0)
        {
            return b < 0 ? int.MaxValue : b > 0 ? 0 : Power(-_table[^1]);
        }

        int size = Power(((Logarithm(Math.Abs(a)) * exponent) >> FractionBits) - _table[^1]);
        if (a > 0)
        {
            return size;
        }

        Int128 whole = (exponent + (1L << (FractionBits - 1))) >> FractionBits;
        bool isWhole = Int128.Abs(exponent - (whole << FractionBits)) <= _halfStep;
        return !isWhole ? Apply(0, b) : Int128.IsOddInteger(whole) ? -size : size;
    }

    public TLanes Apply<TLanes>(TLanes a, TLanes b)
        where TLanes : struct, ILanes<TLanes>
        => throw new InvalidOperationException("a power has no vector form");

    /// <summary>log2 of a number of steps of the base.</summary>
    private Int128 Logarithm(int steps)
    {
        int exponent = BitOperations.Log2((uint)steps);
        uint mantissa = (uint)steps << (31 - exponent) << 1;
        return ((long)exponent << FractionBits) + Between(0, mantissa) + _table[^2];
    }

    /// <summary>2 to a power with 30 fraction bits, to the nearest integer.</summary>
    private int Power(Int128 exponent)
    {
        Int128 whole = exponent >> FractionBits;
        if (whole > 30 || whole < -2)
        {
            return whole > 0 ? int.MaxValue : 0;
        }

        long value = Between(Segments + 1, (uint)(exponent & ((1L << FractionBits) - 1)) << 2);
        int shift = FractionBits - (int)whole;
        return int.CreateSaturating(shift == 0 ? value : (value + (1L << (shift - 1))) >> shift);
    }

    /// <summary>A table's value at a fraction with 32 bits.</summary>
    private long Between(int start, uint fraction)
    {
        int segment = start + (int)(fraction >> 22);
        long rest = fraction & ((1 << 22) - 1);
        return _table[segment] + ((((_table[segment + 1] - _table[segment]) * rest) + (1 << 21)) >> 22);
    }
}
