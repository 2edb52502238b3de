using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>16 lanes of INT32.</summary>
internal readonly struct Lanes512(Vector512<int> value) : IWideLanes<Lanes512>
{
    private readonly Vector512<int> _value = value;

    public static int Count => 16;

    public static Lanes512 operator +(Lanes512 a, Lanes512 b) => new(a._value + b._value);

    public static Lanes512 operator -(Lanes512 a, Lanes512 b) => new(a._value - b._value);

    public static Lanes512 operator *(Lanes512 a, Lanes512 b) => new(a._value * b._value);

    public static Lanes512 operator >>(Lanes512 a, int count) => new(a._value >> count);

    public static Lanes512 operator <<(Lanes512 a, int count) => new(a._value << count);

    public static Lanes512 operator >>(Lanes512 a, Lanes512 counts) => new(Avx512F.ShiftRightArithmeticVariable(a._value, counts._value.AsUInt32()));

    public static Lanes512 All(int value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Load<T>(ref T source, nuint index)
        where T : unmanaged
    {
        return new(typeof(T) == typeof(byte)
            ? Avx512F.ConvertToVector512Int32(Vector128.LoadUnsafe(ref Unsafe.As<T, byte>(ref source), index))
            : Avx512F.ConvertToVector512Int32(Vector256.LoadUnsafe(ref Unsafe.As<T, short>(ref source), index)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(Lanes512 value, ref T target, nuint index)
        where T : unmanaged
    {
        if (typeof(T) == typeof(byte))
        {
            Avx512F.ConvertToVector128Byte(value._value).StoreUnsafe(ref Unsafe.As<T, byte>(ref target), index);
        }
        else
        {
            Avx512F.ConvertToVector256Int16(value._value).StoreUnsafe(ref Unsafe.As<T, short>(ref target), index);
        }
    }

    public static Lanes512 Load(ref int source, nuint index) => new(Vector512.LoadUnsafe(ref source, index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MultiplyHigh(Lanes512 a, ref int factors, nuint index)
    {
        Vector512<long> even = Avx512F.Multiply(a._value, Vector512.LoadUnsafe(ref factors, index));
        Vector512<long> odd = Avx512F.Multiply((a._value.AsInt64() >>> 32).AsInt32(), Vector512.LoadUnsafe(ref factors, index + 1));
        return new(Vector512.ConditionalSelect(Vector512.Create(0xFFFFFFFFL), even >>> 32, odd).AsInt32());
    }

    public static Lanes512 Min(Lanes512 a, Lanes512 b) => new(Vector512.Min(a._value, b._value));

    public static Lanes512 Max(Lanes512 a, Lanes512 b) => new(Vector512.Max(a._value, b._value));

    public static Lanes512 Select(Lanes512 condition, Lanes512 negative, Lanes512 other) =>
        new(Vector512.ConditionalSelect(Vector512.LessThan(condition._value, Vector512<int>.Zero), negative._value, other._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Requantize(Lanes512 value, Requantizer requantizer)
    {
        if (requantizer.Shift > 62)
        {
            return new(Vector512<int>.Zero);
        }

        (Vector512<long> lower, Vector512<long> upper) = Vector512.Widen(value._value);
        return new(Vector512.Narrow(Scale(lower, requantizer), Scale(upper, requantizer)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> Scale(Vector512<long> value, Requantizer requantizer)
    {
        Vector512<long> rounding = Vector512.Create(requantizer.Shift == 0 ? 0L : 1L << (requantizer.Shift - 1));
        Vector512<long> scaled = ((value * Vector512.Create((long)requantizer.Multiplier)) + rounding) >> requantizer.Shift;
        return Vector512.Min(Vector512.Max(scaled, Vector512.Create((long)int.MinValue)), Vector512.Create((long)int.MaxValue));
    }
}
