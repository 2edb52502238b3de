using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels;
using SgsIpu.Kernels.Elementwise;
using SgsIpu.Kernels.Reduction;

namespace SgsIpu.Ops;

public sealed partial record ReduceOp
{
    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        TensorSpec input = binding.Input(0);
        Shape kept = (this with { KeepDims = true }).InferOutputs([input])[0].Shape;
        var plan = new BroadcastPlan(input.Shape, kept);
        long joined = input.Shape.Count / Math.Max(1, kept.Count);
        if (input.Quant is null)
        {
            return PrepareExact(binding, plan, Math.Max(1, joined));
        }

        if (Kind == ReduceKind.Prod)
        {
            return binding.Output.Type == DataType.Int16
                ? PrepareProduct(FixedOperand.OfInput(binding, 0), FixedOperand.OfOutput(binding), plan, (int)joined)
                : throw binding.NotSupported("a product is written as Int16");
        }

        ChannelOperand x = ChannelOperand.Of(binding, binding.Input(0));
        ChannelOperand y = ChannelOperand.Of(binding, binding.Output);
        int channels = Math.Max(x.Scales.Length, y.Scales.Length);
        if (channels > 1 && !TakesChannelScales(binding.Inputs))
        {
            throw binding.NotSupported($"{binding.Input(0)} has scales by channel, which are joined here");
        }

        ReductionKind kind = Kind switch { ReduceKind.Max => ReductionKind.Max, ReduceKind.Min => ReductionKind.Min, _ => ReductionKind.Sum };
        double divisor = Kind == ReduceKind.Mean ? joined : 1;
        var kernel = new ReductionKernel(kind, x.Type, x.Zero, y.Type, y.Range, [.. x.FactorsTo(y, channels).Select(f => Requantizer.FromScale(f / divisor))], plan);
        return new DelegateKernel(
            (in FixedArguments a) => kernel.Run(a.Input(0), a.Output(0), MemoryMarshal.Cast<byte, long>(a.Workspace)),
            checked((int)kept.Count * sizeof(long)));
    }

    /// <inheritdoc/>
    public override bool TakesChannelScales(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return Kind is ReduceKind.Mean or ReduceKind.Sum && inputs[0] is { Shape: var shape } && Axes.All(a => shape.Axis(a) != shape.Rank - 1);
    }

    private static DelegateKernel PrepareProduct(FixedOperand x, FixedOperand y, BroadcastPlan plan, int factors)
    {
        var kernel = new ProductKernel(x.Zero, x.Scale, y.Range, y.Scale, factors, plan);
        int bytes = checked((int)y.Shape.Count * 2 * sizeof(long));
        return new DelegateKernel((in FixedArguments a) => kernel.Run(x.Type, a.Input(0), a.Output<short>(0), MemoryMarshal.Cast<byte, long>(a.Workspace[..bytes])), bytes);
    }

    private DelegateKernel PrepareExact(FixedBinding binding, BroadcastPlan plan, long joined)
    {
        DataType type = binding.Input(0).Type;
        if (type.IsFloat())
        {
            throw binding.NotSupported($"{binding.Input(0)} holds no integers");
        }

        (long start, Func<long, long, long> join) = Kind switch
        {
            ReduceKind.Max => (long.MinValue, Math.Max),
            ReduceKind.Min => (long.MaxValue, Math.Min),
            ReduceKind.Prod => (1L, static (a, b) => unchecked(a * b)),
            _ => (0L, (Func<long, long, long>)(static (a, b) => unchecked(a + b))),
        };
        var kernel = new ExactReductionKernel(start, join, Kind == ReduceKind.Mean ? joined : 1, plan);
        int count = (int)binding.Output.Shape.Count;
        return new DelegateKernel((in FixedArguments a) => kernel.Run(type, a.Input(0), a.Output(0), MemoryMarshal.Cast<byte, long>(a.Workspace)[..count]), count * sizeof(long));
    }
}
