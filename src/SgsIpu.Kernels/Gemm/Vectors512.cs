using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SgsIpu.Kernels;

/// <summary>16 lanes (AVX-512 F, BW).</summary>
internal unsafe struct Vectors512 : IVectorForm<Vector512<int>>
{
    public static int Count => 16;

    public static bool HasStage => true;

    public static Vector512<int> All(int value) => Vector512.Create(value);

    public static Vector512<int> Load(int* source) => Vector512.Load(source);

    public static void Store(Vector512<int> value, int* target) => value.Store(target);

    public static Vector512<int> Widen(byte* source) => Avx512F.ConvertToVector512Int32(Vector128.Load(source));

    public static Vector512<int> Widen(short* source) => Avx512F.ConvertToVector512Int32(Vector256.Load(source));

    public static void Narrow(Vector512<int> value, byte* target) => Avx512F.ConvertToVector128Byte(value).Store(target);

    public static void Narrow(Vector512<int> value, short* target) => Avx512F.ConvertToVector256Int16(value).Store(target);

    public static void Copy(byte* source, short* target) => Avx512BW.ConvertToVector512Int16(Vector256.Load(source)).Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddSplit(int* lower, int* upper, long* sums)
    {
        Half(lower, upper, sums);
        Half(lower + 8, upper + 8, sums + 8);
    }

    public static Vector512<int> Add(Vector512<int> a, Vector512<int> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAdd(Vector512<int> sum, Vector512<int> a, Vector512<int> b) =>
        sum + Avx512BW.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Requantize(Vector512<int> sum, Vector512<int> multiplier, Vector512<int> round, Vector512<int> shift)
    {
        Vector512<long> even = Avx512F.Multiply(sum, multiplier) >>> 32;
        Vector512<long> odd = Avx512F.Multiply((sum.AsInt64() >>> 32).AsInt32(), (multiplier.AsInt64() >>> 32).AsInt32());
        Vector512<int> upper = Vector512.ConditionalSelect(Vector512.Create(0xFFFFFFFFL), even, odd).AsInt32();
        return Avx512F.ShiftRightArithmeticVariable(upper + round, shift.AsUInt32());
    }

    public static Vector512<int> Clamp(Vector512<int> value, Vector512<int> min, Vector512<int> max) => Vector512.Min(Vector512.Max(value, min), max);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> RequantizeWide(long* sum, in StageTable table, int channel) => Vector512.Create(
        Avx512F.ConvertToVector256Int32(Eight(sum, table, channel)),
        Avx512F.ConvertToVector256Int32(Eight(sum + 8, table, channel + 8)));

    private static Vector512<long> Eight(long* source, in StageTable table, int channel)
    {
        Vector512<long> sum = Vector512.Load(source) + Vector512.Load(table.WideBias + channel);
        sum = Avx512F.ShiftLeftLogicalVariable(sum, Vector512.Load((ulong*)table.WideLift + channel));
        Vector512<long> multiplier = Vector512.Load(table.WideMultiplier + channel);
        Vector512<long> lower = Avx512F.Multiply(sum.AsUInt32(), multiplier.AsUInt32()).AsInt64() >>> 32;
        Vector512<long> upper = Avx512F.Multiply((sum >>> 32).AsInt32(), multiplier.AsInt32());
        upper += lower + Vector512.Load(table.WideRound + channel);
        upper = Avx512F.ShiftRightArithmeticVariable(upper, Vector512.Load((ulong*)table.WideShift + channel)) + Vector512.Create((long)table.Zero);
        return Vector512.Min(Vector512.Max(upper, Vector512.Create((long)table.Min)), Vector512.Create((long)table.Max));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Half(int* lower, int* upper, long* sums) =>
        (Vector512.Load(sums) + Avx512F.ConvertToVector512Int64(Vector256.Load(lower)) + (Avx512F.ConvertToVector512Int64(Vector256.Load(upper)) << 8)).Store(sums);
}
