using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SgsIpu.Kernels;

/// <summary>8 lanes (AVX2).</summary>
internal unsafe struct Vectors256 : IVectorForm<Vector256<int>>
{
    public static int Count => 8;

    public static bool HasStage => true;

    public static Vector256<int> All(int value) => Vector256.Create(value);

    public static Vector256<int> Load(int* source) => Vector256.Load(source);

    public static void Store(Vector256<int> value, int* target) => value.Store(target);

    public static Vector256<int> Widen(byte* source) => Avx2.ConvertToVector256Int32(source);

    public static Vector256<int> Widen(short* source) => Avx2.ConvertToVector256Int32(source);

    public static void Narrow(Vector256<int> value, byte* target)
    {
        Vector128<short> eight = Eight(value);
        *(ulong*)target = Sse2.PackUnsignedSaturate(eight, eight).AsUInt64().ToScalar();
    }

    public static void Narrow(Vector256<int> value, short* target) => Eight(value).Store(target);

    public static void Copy(byte* source, short* target) => Avx2.ConvertToVector256Int16(source).Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddSplit(int* lower, int* upper, long* sums)
    {
        Half(lower, upper, sums);
        Half(lower + 4, upper + 4, sums + 4);
    }

    public static Vector256<int> Add(Vector256<int> a, Vector256<int> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAdd(Vector256<int> sum, Vector256<int> a, Vector256<int> b) =>
        sum + Avx2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Requantize(Vector256<int> sum, Vector256<int> multiplier, Vector256<int> round, Vector256<int> shift)
    {
        Vector256<long> even = Avx2.Multiply(sum, multiplier) >>> 32;
        Vector256<long> odd = Avx2.Multiply((sum.AsInt64() >>> 32).AsInt32(), (multiplier.AsInt64() >>> 32).AsInt32());
        Vector256<int> upper = Avx2.Blend(even.AsInt32(), odd.AsInt32(), 0b1010_1010);
        return Avx2.ShiftRightArithmeticVariable(upper + round, shift.AsUInt32());
    }

    public static Vector256<int> Clamp(Vector256<int> value, Vector256<int> min, Vector256<int> max) => Vector256.Min(Vector256.Max(value, min), max);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> RequantizeWide(long* sum, in StageTable table, int channel) =>
        Vector256.Narrow(Four(sum, table, channel), Four(sum + 4, table, channel + 4));

    private static Vector256<long> Four(long* source, in StageTable table, int channel)
    {
        Vector256<long> sum = Vector256.Load(source) + Vector256.Load(table.WideBias + channel);
        sum = Avx2.ShiftLeftLogicalVariable(sum, Vector256.Load((ulong*)table.WideLift + channel));
        Vector256<long> multiplier = Vector256.Load(table.WideMultiplier + channel);
        Vector256<long> lower = Avx2.Multiply(sum.AsUInt32(), multiplier.AsUInt32()).AsInt64() >>> 32;
        Vector256<long> upper = Avx2.Multiply((sum >>> 32).AsInt32(), multiplier.AsInt32());
        upper += lower + Vector256.Load(table.WideRound + channel);

        // AVX2 has no arithmetic shift of 64 bits: shift as unsigned with an offset of 2^63 and take the shifted offset off.
        Vector256<ulong> shift = Vector256.Load((ulong*)table.WideShift + channel);
        Vector256<long> offset = Vector256.Create(long.MinValue);
        upper = Avx2.ShiftRightLogicalVariable(upper ^ offset, shift) - Avx2.ShiftRightLogicalVariable(offset, shift);
        upper += Vector256.Create((long)table.Zero);
        return Vector256.Min(Vector256.Max(upper, Vector256.Create((long)table.Min)), Vector256.Create((long)table.Max));
    }

    private static Vector128<short> Eight(Vector256<int> value) => Sse2.PackSignedSaturate(value.GetLower(), value.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Half(int* lower, int* upper, long* sums) =>
        (Vector256.Load(sums) + Avx2.ConvertToVector256Int64(lower) + (Avx2.ConvertToVector256Int64(upper) << 8)).Store(sums);
}
