using SgsIpu.Core;
using SgsIpu.Kernels;
using SgsIpu.Kernels.Elementwise;
using SgsIpu.Kernels.Exact;

namespace SgsIpu.Ops;

/// <summary>An operator of two inputs that ONNX has under the same name.</summary>
public abstract record BinaryOp : ElementwiseOp
{
    protected sealed override int Operands => 2;

    /// <summary>The ONNX operator of the same meaning.</summary>
    protected abstract string OnnxName { get; }

    /// <summary>1 for a sum, −1 for a difference, which have a form by channel; null for others.</summary>
    protected virtual int? SignOfSecond => null;

    /// <summary>The same on exact integers.</summary>
    protected abstract ExactOperation Exact { get; }

    public sealed override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        if (binding.Input(0).Quant is null && binding.Input(1).Quant is null)
        {
            return ExactElementwise.Prepare(binding, Exact);
        }

        if (SignOfSecond is { } sign && binding.Inputs.Append(binding.Output).Any(t => t?.Quant is { IsPerTensor: false }))
        {
            return PrepareSum(binding, sign);
        }

        BinaryKernel kernel = Kernel(MultipliesScales ? BinaryOperands.OfProduct(binding) : BinaryOperands.Of(binding), KernelForms.Current);
        return new DelegateKernel((in FixedArguments a) => kernel.Run(a.Input(0), a.Input(1), a.Output(0), a.Threads));
    }

    public sealed override bool TakesChannelScales(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return SignOfSecond is not null && inputs is [{ IsConstant: false } a, { IsConstant: false } b] && a.Shape == b.Shape;
    }

    /// <summary>The integer form for these operands.</summary>
    protected abstract BinaryKernel Kernel(BinaryOperands t, KernelForm form);

    protected override void Emit(OnnxEmitter emitter, string[] inputs, string output)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        emitter.Add(OnnxName, inputs, [output]);
    }

    /// <summary>ONNX Runtime computes with no integers of 16 bits: they go through INT32, and wrap on the way back.</summary>
    protected sealed override void Emit(OnnxEmitter emitter, string[] inputs, string output, DataType type)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(inputs);
        if (type is not (DataType.Int16 or DataType.UInt16 or DataType.Int8))
        {
            Emit(emitter, inputs, output);
            return;
        }

        string wide = emitter.Add(OnnxName, inputs.Select(i => emitter.Add("Cast", [i], "wide", ("to", 6L))), "result");
        emitter.Add("Cast", [wide], [output], ("to", CastOp.ToOnnx(type)));
    }

    private static DelegateKernel PrepareSum(FixedBinding binding, int sign)
    {
        ChannelOperand a = ChannelOperand.Of(binding, binding.Input(0));
        ChannelOperand b = ChannelOperand.Of(binding, binding.Input(1));
        ChannelOperand y = ChannelOperand.Of(binding, binding.Output);
        if (binding.Input(0).Shape != binding.Input(1).Shape)
        {
            throw binding.NotSupported($"{binding.Input(0)} and {binding.Input(1)} are of different shapes, and not all have one scale");
        }

        int channels = Math.Max(y.Scales.Length, Math.Max(a.Scales.Length, b.Scales.Length));
        var kernel = new ChannelSumKernel((a.Type, a.Zero), a.FactorsTo(y, channels), (b.Type, b.Zero), b.FactorsTo(y, channels, sign), y.Type, y.Range, KernelForms.Current, FixedBinding.Quant(binding.Output).Offsets);
        return new DelegateKernel((in FixedArguments arguments) => kernel.Run(arguments.Input(0), arguments.Input(1), arguments.Output(0), arguments.Threads));
    }

    /// <summary>Lifts an ONNX operator of any number of inputs as a chain of operators of two.</summary>
    protected static void LiftVariadic(LiftContext context, IpuOperator op)
    {
        ArgumentNullException.ThrowIfNull(context);
        string value = context.Input(0);
        if (context.InputCount == 1)
        {
            context.Bind(0, value);
            return;
        }

        for (int i = 1; i < context.InputCount - 1; i++)
        {
            value = context.Add($"part{i}", op, value, context.Input(i));
        }

        context.AddOutput(0, op, value, context.Input(context.InputCount - 1));
    }
}
