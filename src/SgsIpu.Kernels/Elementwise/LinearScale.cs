using System.Runtime.CompilerServices;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>
/// The sum of two centred integers, each times a real factor, with integers only: <c>floor((a·A + b·B) / 2^Shift + 1/2)</c>. The larger
/// multiplier has 29 bits, so for INT16 operands the two roundings of the multipliers move the result by less than
/// 2·32768·½/2^28 ≈ 0.0002 of its unit while the factors are below 2; the result is within 0.5002 of the true sum.
/// </summary>
/// <param name="A">Multiplier of the first operand, of magnitude at most 2^29.</param>
/// <param name="B">Multiplier of the second operand, of magnitude at most 2^29.</param>
/// <param name="Shift">In [0, 45].</param>
public readonly record struct LinearScale(int A, int B, int Shift)
{
    private const int Limit = 1 << 29;

    // The multipliers' low parts, of 15 bits: their products with INT16 operands leave room for one sum in INT32.
    private const int Low = 15;

    /// <summary>True where the sum fits the two-part INT32 form, which needs the rounding bit above the low part.</summary>
    public bool FitsLanes => Shift > Low;

    /// <summary>The nearest pair of multipliers with one shift.</summary>
    public static LinearScale Of(double a, double b = 0)
    {
        double largest = Math.Max(Math.Abs(a), Math.Abs(b));
        int shift = largest == 0 ? 45 : Math.Clamp(28 - Math.ILogB(largest), 0, 45);
        return new LinearScale(Multiplier(a, shift), Multiplier(b, shift), shift);
    }

    /// <summary>The scaled sum, saturated to INT32.</summary>
    public int Apply(int a, int b)
    {
        long sum = ((long)a * A) + ((long)b * B);
        return int.CreateSaturating(Shift == 0 ? sum : (sum + (1L << (Shift - 1))) >> Shift);
    }

    /// <summary>
    /// The same in INT32 lanes: with A = A₁·2^15 + A₀ and B alike, the nested floor of the high sum plus the low sum's carry is the floor
    /// of the whole.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal TLanes Apply<TLanes>(TLanes a, TLanes b)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes low = (a * TLanes.All(A & ((1 << Low) - 1))) + (b * TLanes.All(B & ((1 << Low) - 1)));
        TLanes high = (a * TLanes.All(A >> Low)) + (b * TLanes.All(B >> Low));
        return (high + (low >> Low) + TLanes.All(1 << (Shift - Low - 1))) >> (Shift - Low);
    }

    /// <summary>The first operand alone in INT32 lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal TLanes Apply<TLanes>(TLanes a)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes low = a * TLanes.All(A & ((1 << Low) - 1));
        TLanes high = a * TLanes.All(A >> Low);
        return (high + (low >> Low) + TLanes.All(1 << (Shift - Low - 1))) >> (Shift - Low);
    }

    private static int Multiplier(double factor, int shift) => (int)Math.Clamp(Math.Floor(Math.ScaleB(factor, shift) + 0.5), -Limit, Limit);
}
