using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>8 lanes of INT32.</summary>
internal readonly struct Lanes256(Vector256<int> value) : IWideLanes<Lanes256>
{
    private readonly Vector256<int> _value = value;

    public static int Count => 8;

    public static Lanes256 operator +(Lanes256 a, Lanes256 b) => new(a._value + b._value);

    public static Lanes256 operator -(Lanes256 a, Lanes256 b) => new(a._value - b._value);

    public static Lanes256 operator *(Lanes256 a, Lanes256 b) => new(a._value * b._value);

    public static Lanes256 operator >>(Lanes256 a, int count) => new(a._value >> count);

    public static Lanes256 operator <<(Lanes256 a, int count) => new(a._value << count);

    public static Lanes256 operator >>(Lanes256 a, Lanes256 counts) => new(Avx2.ShiftRightArithmeticVariable(a._value, counts._value.AsUInt32()));

    public static Lanes256 All(int value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load<T>(ref T source, nuint index)
        where T : unmanaged
    {
        if (typeof(T) == typeof(byte))
        {
            ulong eight = Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<T, byte>(ref Unsafe.Add(ref source, index)));
            Vector128<ushort> wide = Vector128.WidenLower(Vector128.CreateScalarUnsafe(eight).AsByte());
            return new(Vector256.WidenLower(wide.ToVector256Unsafe()).AsInt32());
        }

        return new(Vector256.WidenLower(Vector128.LoadUnsafe(ref Unsafe.As<T, short>(ref source), index).ToVector256Unsafe()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(Lanes256 value, ref T target, nuint index)
        where T : unmanaged
    {
        Vector256<short> narrow = Vector256.Narrow(value._value, value._value);
        if (typeof(T) == typeof(byte))
        {
            ulong eight = Vector256.Narrow(narrow, narrow).AsUInt64().ToScalar();
            Unsafe.WriteUnaligned(ref Unsafe.As<T, byte>(ref Unsafe.Add(ref target, index)), eight);
        }
        else
        {
            narrow.GetLower().StoreUnsafe(ref Unsafe.As<T, short>(ref target), index);
        }
    }

    public static Lanes256 Load(ref int source, nuint index) => new(Vector256.LoadUnsafe(ref source, index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyHigh(Lanes256 a, ref int factors, nuint index)
    {
        Vector256<long> even = Avx2.Multiply(a._value, Vector256.LoadUnsafe(ref factors, index));
        Vector256<long> odd = Avx2.Multiply((a._value.AsInt64() >>> 32).AsInt32(), Vector256.LoadUnsafe(ref factors, index + 1));
        return new(Vector256.ConditionalSelect(Vector256.Create(0xFFFFFFFFL), even >>> 32, odd).AsInt32());
    }

    public static Lanes256 Min(Lanes256 a, Lanes256 b) => new(Vector256.Min(a._value, b._value));

    public static Lanes256 Max(Lanes256 a, Lanes256 b) => new(Vector256.Max(a._value, b._value));

    public static Lanes256 Select(Lanes256 condition, Lanes256 negative, Lanes256 other) =>
        new(Vector256.ConditionalSelect(Vector256.LessThan(condition._value, Vector256<int>.Zero), negative._value, other._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Requantize(Lanes256 value, Requantizer requantizer)
    {
        if (requantizer.Shift > 62)
        {
            return new(Vector256<int>.Zero);
        }

        (Vector256<long> lower, Vector256<long> upper) = Vector256.Widen(value._value);
        return new(Vector256.Narrow(Scale(lower, requantizer), Scale(upper, requantizer)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Scale(Vector256<long> value, Requantizer requantizer)
    {
        Vector256<long> rounding = Vector256.Create(requantizer.Shift == 0 ? 0L : 1L << (requantizer.Shift - 1));
        Vector256<long> scaled = ((value * Vector256.Create((long)requantizer.Multiplier)) + rounding) >> requantizer.Shift;
        return Vector256.Min(Vector256.Max(scaled, Vector256.Create((long)int.MinValue)), Vector256.Create((long)int.MaxValue));
    }
}
