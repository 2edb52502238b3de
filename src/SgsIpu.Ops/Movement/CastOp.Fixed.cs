using System.Numerics;
using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

public sealed partial record CastOp
{
    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        TensorSpec x = binding.Input(0);
        TensorSpec y = binding.Output;
        return x.Quant is not null && y.Quant is not null
            ? x.Type == y.Type ? CopyKernel.Whole : throw binding.NotSupported($"a cast between real numbers keeps their type, found {x.Type} and {y.Type}")
            : x.Quant is not null ? FromReal(binding)
            : y.Quant is not null ? ToReal(binding)
            : x.Type == y.Type ? CopyKernel.Whole : BetweenIntegers(binding);
    }

    /// <summary>
    /// Toward 0, but a whole number that lies within half a step of the real one is it: 3 is stored as 2.9999 or 3.0001, and is 3 again.
    /// A truth value is whether the number is other than 0.
    /// </summary>
    private static DelegateKernel FromReal(FixedBinding binding)
    {
        FixedOperand x = FixedOperand.OfInput(binding, 0);
        if (x.Type != DataType.Int16)
        {
            throw binding.NotSupported($"{x.Type} cannot be cast; Int16 can");
        }

        // |q|·s + s/2 is (2|q| + 1)·s/2; the multiplier has 31 bits, rounded up so that half a step is enough.
        int shift = Math.Clamp(30 - Math.ILogB(x.Scale / 2), 0, 62);
        long multiplier = (long)Math.Min(Math.Ceiling(Math.ScaleB(x.Scale / 2, shift)), 1L << 46);
        bool truth = binding.Output.Type == DataType.Bool;
        long Whole(short q) => truth ? (q != 0 ? 1 : 0) : Math.Sign(q) * ((((2L * Math.Abs((int)q)) + 1) * multiplier) >> shift);
        return binding.Output.Type switch
        {
            DataType.Bool or DataType.UInt8 => Map<short, byte>(q => byte.CreateTruncating(Whole(q))),
            DataType.Int8 => Map<short, sbyte>(q => sbyte.CreateTruncating(Whole(q))),
            DataType.Int16 => Map<short, short>(q => short.CreateTruncating(Whole(q))),
            DataType.UInt16 => Map<short, ushort>(q => ushort.CreateTruncating(Whole(q))),
            DataType.Int32 => Map<short, int>(q => int.CreateSaturating(Whole(q))),
            DataType.Int64 => Map<short, long>(Whole),
            _ => throw binding.NotSupported($"real numbers cannot be cast to {binding.Output.Type}"),
        };
    }

    private static DelegateKernel ToReal(FixedBinding binding)
    {
        FixedOperand y = FixedOperand.OfOutput(binding);
        Requantizer units = Requantizer.FromScale(1 / y.Scale);
        short Placed(long value) => (short)y.Range.Place(units.Apply(value));
        byte Narrow(long value) => (byte)y.Range.Place(units.Apply(value));
        bool wide = y.Type == DataType.Int16;
        return binding.Input(0).Type switch
        {
            DataType.Bool or DataType.UInt8 => wide ? Map<byte, short>(v => Placed(v)) : Map<byte, byte>(v => Narrow(v)),
            DataType.Int8 => wide ? Map<sbyte, short>(v => Placed(v)) : Map<sbyte, byte>(v => Narrow(v)),
            DataType.Int16 => wide ? Map<short, short>(v => Placed(v)) : Map<short, byte>(v => Narrow(v)),
            DataType.UInt16 => wide ? Map<ushort, short>(v => Placed(v)) : Map<ushort, byte>(v => Narrow(v)),
            DataType.Int32 => wide ? Map<int, short>(v => Placed(v)) : Map<int, byte>(v => Narrow(v)),
            DataType.Int64 => wide ? Map<long, short>(Placed) : Map<long, byte>(Narrow),
            _ => throw binding.NotSupported($"{binding.Input(0).Type} cannot become real"),
        };
    }

    private static DelegateKernel BetweenIntegers(FixedBinding binding) => binding.Input(0).Type switch
    {
        DataType.Bool or DataType.UInt8 => From<byte>(binding),
        DataType.Int8 => From<sbyte>(binding),
        DataType.Int16 => From<short>(binding),
        DataType.UInt16 => From<ushort>(binding),
        DataType.Int32 => From<int>(binding),
        DataType.Int64 => From<long>(binding),
        _ => throw binding.NotSupported($"{binding.Input(0).Type} cannot be cast"),
    };

    private static DelegateKernel From<T>(FixedBinding binding)
        where T : unmanaged, IBinaryInteger<T>
        => binding.Output.Type switch
        {
            DataType.Bool => Map<T, byte>(static v => v == T.Zero ? (byte)0 : (byte)1),
            DataType.UInt8 => Map<T, byte>(byte.CreateTruncating),
            DataType.Int8 => Map<T, sbyte>(sbyte.CreateTruncating),
            DataType.Int16 => Map<T, short>(short.CreateTruncating),
            DataType.UInt16 => Map<T, ushort>(ushort.CreateTruncating),
            DataType.Int32 => Map<T, int>(int.CreateTruncating),
            DataType.Int64 => Map<T, long>(long.CreateTruncating),
            _ => throw binding.NotSupported($"integers cannot be cast to {binding.Output.Type}"),
        };

    private static DelegateKernel Map<TX, TY>(Func<TX, TY> function)
        where TX : unmanaged
        where TY : unmanaged
        => new((in FixedArguments a) =>
        {
            ReadOnlySpan<TX> x = a.Input<TX>(0);
            Span<TY> y = a.Output<TY>(0);
            for (int i = 0; i < y.Length; i++)
            {
                y[i] = function(x[i]);
            }
        });
}
