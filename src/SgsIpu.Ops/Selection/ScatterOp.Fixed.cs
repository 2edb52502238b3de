using System.Numerics;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

public sealed partial record ScatterOp
{
    /// <summary>Bits below the output's unit while updates are added or multiplied, so that it is rounded once at the end.</summary>
    private const int FractionBits = 12;

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        return binding.Input(0).Quant is not null && Mixes ? PrepareMixed(binding) : binding.Input(0).Type switch
        {
            DataType.UInt8 or DataType.Bool => Of<byte>(binding),
            DataType.Int8 => Of<sbyte>(binding),
            DataType.Int16 => Of<short>(binding),
            DataType.UInt16 => Of<ushort>(binding),
            DataType.Int32 => Of<int>(binding),
            DataType.Int64 => Of<long>(binding),
            _ => throw binding.NotSupported($"{binding.Input(0)} holds no integers"),
        };
    }

    /// <summary>Updates and elements are integers of one scale, or exact ones.</summary>
    private DelegateKernel Of<T>(FixedBinding binding)
        where T : unmanaged, IBinaryInteger<T>
    {
        var places = new Places(this, binding);
        return new DelegateKernel((in FixedArguments a) =>
        {
            ReadOnlySpan<T> updates = a.Input<T>(2);
            Span<T> y = a.Output<T>(0);
            a.Input<T>(0).CopyTo(y);
            ReadOnlySpan<byte> indices = a.Input(1);
            for (int u = 0; u < places.Count; u++)
            {
                int at = places.Of(indices, u);
                for (int i = 0; i < places.Run; i++)
                {
                    T update = updates[(u * places.Run) + i];
                    ref T element = ref y[at + i];
                    element = Reduction switch
                    {
                        ScatterReduction.Add => unchecked(element + update),
                        ScatterReduction.Mul => unchecked(element * update),
                        ScatterReduction.Max => T.Max(element, update),
                        ScatterReduction.Min => T.Min(element, update),
                        _ => update,
                    };
                }
            }
        });
    }

    /// <summary>Sums and products of different scales: in INT64 with bits below the output's unit.</summary>
    private DelegateKernel PrepareMixed(FixedBinding binding)
    {
        FixedOperand x = FixedOperand.OfInput(binding, 0);
        FixedOperand update = FixedOperand.OfInput(binding, 2);
        FixedOperand y = FixedOperand.OfOutput(binding);
        if (x.Type != DataType.Int16 || update.Type != DataType.Int16 || y.Type != DataType.Int16)
        {
            throw binding.NotSupported($"{x.Type}, {update.Type} to {y.Type}; Int16 is supported");
        }

        var places = new Places(this, binding);
        bool product = Reduction == ScatterReduction.Mul;
        Requantizer own = Requantizer.FromScale(Math.Min(Math.ScaleB(x.Scale / y.Scale, FractionBits), int.MaxValue));
        Requantizer met = Requantizer.FromScale(Math.Min(product ? update.Scale : Math.ScaleB(update.Scale / y.Scale, FractionBits), int.MaxValue));
        int count = (int)y.Shape.Count;
        return new DelegateKernel(
            (in FixedArguments a) =>
            {
                ReadOnlySpan<short> data = a.Input<short>(0);
                ReadOnlySpan<short> updates = a.Input<short>(2);
                ReadOnlySpan<byte> indices = a.Input(1);
                Span<short> to = a.Output<short>(0);
                Span<long> sums = MemoryMarshal.Cast<byte, long>(a.Workspace)[..count];
                for (int i = 0; i < count; i++)
                {
                    sums[i] = own.Apply((int)data[i]);
                }

                for (int u = 0; u < places.Count; u++)
                {
                    int at = places.Of(indices, u);
                    for (int i = 0; i < places.Run; i++)
                    {
                        int value = updates[(u * places.Run) + i];
                        sums[at + i] = product ? met.Apply(sums[at + i] * value) : sums[at + i] + met.Apply(value);
                    }
                }

                for (int i = 0; i < count; i++)
                {
                    to[i] = (short)Math.Clamp((sums[i] + (1 << (FractionBits - 1))) >> FractionBits, -short.MaxValue, short.MaxValue);
                }
            },
            count * sizeof(long));
    }

    /// <summary>Where each update goes.</summary>
    private sealed class Places
    {
        private readonly int[] _sizes;
        private readonly int[] _strides;
        private readonly int[] _own;
        private readonly int _axis;
        private readonly int _depth;
        private readonly DataType _type;
        private readonly string _node;

        public Places(ScatterOp op, FixedBinding binding)
        {
            Shape x = binding.Input(0).Shape;
            Shape indices = binding.Input(1).Shape;
            _sizes = x.ToArray();
            _strides = x.Strides();
            _own = indices.ToArray();
            _axis = op.Axis;
            _type = binding.Input(1).Type;
            _node = binding.NodeName;
            _depth = op.Axis >= 0 ? 0 : indices[-1];
            Run = op.Axis >= 0 ? 1 : (int)new Shape(x.AsSpan()[_depth..]).Count;
            Count = op.Axis >= 0 ? (int)indices.Count : (int)new Shape(indices.AsSpan()[..^1]).Count;
        }

        /// <summary>Updates.</summary>
        public int Count { get; }

        /// <summary>Elements of an update.</summary>
        public int Run { get; }

        /// <summary>The first element that an update meets.</summary>
        public int Of(ReadOnlySpan<byte> indices, int update)
        {
            int at = 0;
            if (_axis < 0)
            {
                for (int d = 0; d < _depth; d++)
                {
                    at += Indices.Read(indices, _type, (update * _depth) + d, _sizes[d], _node) * _strides[d];
                }

                return at;
            }

            int rest = update;
            for (int d = _own.Length - 1; d >= 0; d--)
            {
                (rest, int position) = Math.DivRem(rest, _own[d]);
                at += (d == _axis ? Indices.Read(indices, _type, update, _sizes[d], _node) : position) * _strides[d];
            }

            return at;
        }
    }
}
