using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SgsIpu.Kernels;

/// <summary>4 lanes, for every processor that has vectors. The output stage stays scalar: there is no shift by lanes.</summary>
internal unsafe struct Vectors128 : IVectorForm<Vector128<int>>
{
    public static int Count => 4;

    public static bool HasStage => false;

    public static Vector128<int> All(int value) => Vector128.Create(value);

    public static Vector128<int> Load(int* source) => Vector128.Load(source);

    public static void Store(Vector128<int> value, int* target) => value.Store(target);

    public static Vector128<int> Widen(byte* source) =>
        Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(Unsafe.ReadUnaligned<uint>(source)).AsByte())).AsInt32();

    public static Vector128<int> Widen(short* source) =>
        Vector128.WidenLower(Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(source)).AsInt16());

    public static void Narrow(Vector128<int> value, byte* target) => throw new NotSupportedException(nameof(Narrow));

    public static void Narrow(Vector128<int> value, short* target) => throw new NotSupportedException(nameof(Narrow));

    public static void Copy(byte* source, short* target) =>
        Vector128.WidenLower(Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(source)).AsByte()).AsInt16().Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddSplit(int* lower, int* upper, long* sums)
    {
        (Vector128<long> low, Vector128<long> high) = Vector128.Widen(Vector128.Load(lower));
        (Vector128<long> upperLow, Vector128<long> upperHigh) = Vector128.Widen(Vector128.Load(upper));
        (Vector128.Load(sums) + low + (upperLow << 8)).Store(sums);
        (Vector128.Load(sums + 2) + high + (upperHigh << 8)).Store(sums + 2);
    }

    public static Vector128<int> Add(Vector128<int> a, Vector128<int> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAdd(Vector128<int> sum, Vector128<int> a, Vector128<int> b) => Sse2.IsSupported
        ? sum + Sse2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16())
        : sum + (((a << 16) >> 16) * ((b << 16) >> 16)) + ((a >> 16) * (b >> 16));

    public static Vector128<int> Requantize(Vector128<int> sum, Vector128<int> multiplier, Vector128<int> round, Vector128<int> shift) =>
        throw new NotSupportedException(nameof(Requantize));

    public static Vector128<int> Clamp(Vector128<int> value, Vector128<int> min, Vector128<int> max) => Vector128.Min(Vector128.Max(value, min), max);

    public static Vector128<int> RequantizeWide(long* sum, in StageTable table, int channel) => throw new NotSupportedException(nameof(RequantizeWide));
}
