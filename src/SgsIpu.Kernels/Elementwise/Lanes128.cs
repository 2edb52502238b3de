using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>4 lanes of INT32.</summary>
internal readonly struct Lanes128(Vector128<int> value) : ILanes<Lanes128>
{
    private readonly Vector128<int> _value = value;

    public static int Count => 4;

    public static Lanes128 operator +(Lanes128 a, Lanes128 b) => new(a._value + b._value);

    public static Lanes128 operator -(Lanes128 a, Lanes128 b) => new(a._value - b._value);

    public static Lanes128 operator *(Lanes128 a, Lanes128 b) => new(a._value * b._value);

    public static Lanes128 operator >>(Lanes128 a, int count) => new(a._value >> count);

    public static Lanes128 All(int value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Load<T>(ref T source, nuint index)
        where T : unmanaged
    {
        if (typeof(T) == typeof(byte))
        {
            uint four = Unsafe.ReadUnaligned<uint>(ref Unsafe.As<T, byte>(ref Unsafe.Add(ref source, index)));
            Vector128<ushort> wide = Vector128.WidenLower(Vector128.CreateScalarUnsafe(four).AsByte());
            return new(Vector128.WidenLower(wide).AsInt32());
        }

        ulong shorts = Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<T, byte>(ref Unsafe.Add(ref source, index)));
        return new(Vector128.WidenLower(Vector128.CreateScalarUnsafe(shorts).AsInt16()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(Lanes128 value, ref T target, nuint index)
        where T : unmanaged
    {
        Vector128<short> narrow = Vector128.Narrow(value._value, value._value);
        if (typeof(T) == typeof(byte))
        {
            uint four = Vector128.Narrow(narrow, narrow).AsUInt32().ToScalar();
            Unsafe.WriteUnaligned(ref Unsafe.As<T, byte>(ref Unsafe.Add(ref target, index)), four);
        }
        else
        {
            Unsafe.WriteUnaligned(ref Unsafe.As<T, byte>(ref Unsafe.Add(ref target, index)), narrow.AsUInt64().ToScalar());
        }
    }

    public static Lanes128 Min(Lanes128 a, Lanes128 b) => new(Vector128.Min(a._value, b._value));

    public static Lanes128 Max(Lanes128 a, Lanes128 b) => new(Vector128.Max(a._value, b._value));

    public static Lanes128 Select(Lanes128 condition, Lanes128 negative, Lanes128 other) =>
        new(Vector128.ConditionalSelect(Vector128.LessThan(condition._value, Vector128<int>.Zero), negative._value, other._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Requantize(Lanes128 value, Requantizer requantizer)
    {
        if (requantizer.Shift > 62)
        {
            return new(Vector128<int>.Zero);
        }

        (Vector128<long> lower, Vector128<long> upper) = Vector128.Widen(value._value);
        return new(Vector128.Narrow(Scale(lower, requantizer), Scale(upper, requantizer)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<long> Scale(Vector128<long> value, Requantizer requantizer)
    {
        Vector128<long> rounding = Vector128.Create(requantizer.Shift == 0 ? 0L : 1L << (requantizer.Shift - 1));
        Vector128<long> scaled = ((value * Vector128.Create((long)requantizer.Multiplier)) + rounding) >> requantizer.Shift;
        return Vector128.Min(Vector128.Max(scaled, Vector128.Create((long)int.MinValue)), Vector128.Create((long)int.MaxValue));
    }
}
