using System.Numerics;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Kernels.Exact;

/// <summary>An operator of two exact integers (or booleans), element by element, with NumPy broadcasting.</summary>
public abstract class ExactBinaryKernel
{
    /// <summary>The kernel for one element type; null where the type is no integer.</summary>
    /// <param name="type">Of both operands and the result.</param>
    public static ExactBinaryKernel? Of(ExactOperation operation, DataType type, BroadcastPlan plan) => type switch
    {
        DataType.Bool or DataType.UInt8 => new ExactBinaryKernel<byte, byte>(Function<byte>(operation), plan),
        DataType.Int8 => new ExactBinaryKernel<sbyte, sbyte>(Function<sbyte>(operation), plan),
        DataType.Int16 => new ExactBinaryKernel<short, short>(Function<short>(operation), plan),
        DataType.UInt16 => new ExactBinaryKernel<ushort, ushort>(Function<ushort>(operation), plan),
        DataType.Int32 => new ExactBinaryKernel<int, int>(Function<int>(operation), plan),
        DataType.Int64 => new ExactBinaryKernel<long, long>(Function<long>(operation), plan),
        _ => null,
    };

    /// <summary>A comparison, whose result is 1 or 0; null where the type is no integer.</summary>
    /// <param name="holds">True for the signs of the difference (−1, 0, 1) that the comparison holds for.</param>
    public static ExactBinaryKernel? Comparison(Func<int, bool> holds, DataType type, BroadcastPlan plan)
    {
        ArgumentNullException.ThrowIfNull(holds);
        byte less = (byte)(holds(-1) ? 1 : 0);
        byte equal = (byte)(holds(0) ? 1 : 0);
        byte greater = (byte)(holds(1) ? 1 : 0);
        ExactBinaryKernel<T, byte> For<T>()
            where T : unmanaged, IBinaryInteger<T>
            => new((a, b) => a < b ? less : a == b ? equal : greater, plan);
        return type switch
        {
            DataType.Bool or DataType.UInt8 => For<byte>(),
            DataType.Int8 => For<sbyte>(),
            DataType.Int16 => For<short>(),
            DataType.UInt16 => For<ushort>(),
            DataType.Int32 => For<int>(),
            DataType.Int64 => For<long>(),
            _ => null,
        };
    }

    /// <summary>Computes every element of the output; the spans hold whole tensors.</summary>
    public abstract void Run(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, Span<byte> y);

    private static Func<T, T, T> Function<T>(ExactOperation operation)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
        => operation switch
        {
            ExactOperation.Add => static (a, b) => unchecked(a + b),
            ExactOperation.Subtract => static (a, b) => unchecked(a - b),
            ExactOperation.Multiply => static (a, b) => unchecked(a * b),
            ExactOperation.Divide => Divide,
            ExactOperation.FloorDivide => static (a, b) =>
            {
                T q = Divide(a, b);
                return b != T.Zero && unchecked(q * b) != a && T.IsNegative(a) != T.IsNegative(b) ? q - T.One : q;
            },
            ExactOperation.Remainder => Remainder,
            ExactOperation.FloorRemainder => static (a, b) =>
            {
                T r = Remainder(a, b);
                return r != T.Zero && T.IsNegative(r) != T.IsNegative(b) ? r + b : r;
            },
            ExactOperation.Maximum => T.Max,
            ExactOperation.Minimum => T.Min,
            ExactOperation.Power => Power,
            ExactOperation.ShiftLeft => static (a, b) => IsShift(b) ? a << int.CreateTruncating(b) : T.Zero,
            ExactOperation.ShiftRight => static (a, b) => IsShift(b) ? a >>> int.CreateTruncating(b) : T.Zero,
            ExactOperation.And => static (a, b) => a & b,
            ExactOperation.Or => static (a, b) => a | b,
            ExactOperation.Xor => static (a, b) => a ^ b,
            _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "unknown operation"),
        };

    private static T Divide<T>(T a, T b)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
        => b == T.Zero ? T.Zero : IsMinusOne(b) ? unchecked(T.Zero - a) : a / b;

    private static T Remainder<T>(T a, T b)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
        => b == T.Zero || IsMinusOne(b) ? T.Zero : a % b;

    /// <summary>The smallest number divided by −1 would trap.</summary>
    private static bool IsMinusOne<T>(T b)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
        => T.IsNegative(b) && b + T.One == T.Zero;

    private static bool IsShift<T>(T b)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
        => !T.IsNegative(b) && b < T.CreateSaturating(System.Runtime.CompilerServices.Unsafe.SizeOf<T>() * 8);

    private static T Power<T>(T a, T b)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        if (T.IsNegative(b))
        {
            return a == T.One ? T.One : IsMinusOne(a) ? (T.IsOddInteger(b) ? a : T.One) : T.Zero;
        }

        T result = T.One;
        for (T left = b; left > T.Zero; left >>= 1)
        {
            result = T.IsOddInteger(left) ? unchecked(result * a) : result;
            a = unchecked(a * a);
        }

        return result;
    }
}

/// <summary>One function of two elements.</summary>
internal sealed class ExactBinaryKernel<T, TY>(Func<T, T, TY> function, BroadcastPlan plan) : ExactBinaryKernel
    where T : unmanaged
    where TY : unmanaged
{
    public override void Run(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, Span<byte> y)
    {
        ReadOnlySpan<T> allA = MemoryMarshal.Cast<byte, T>(a);
        ReadOnlySpan<T> allB = MemoryMarshal.Cast<byte, T>(b);
        Span<TY> allY = MemoryMarshal.Cast<byte, TY>(y);
        for (int row = 0; row < plan.Rows; row++)
        {
            (int startA, int startB) = plan.Start(row);
            Span<TY> to = allY.Slice(row * plan.Length, plan.Length);
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = function(allA[startA + (i * plan.StepA)], allB[startB + (i * plan.StepB)]);
            }
        }
    }
}
