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

    /// <summary>The same on exact integers.</summary>
    protected abstract ExactOperation Exact { get; }

    public sealed override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        if (binding.Input(0).Quant is null && binding.Input(1).Quant is null)
        {
            return ExactElementwise.Prepare(binding, Exact);
        }

        BinaryKernel kernel = Kernel(BinaryOperands.Of(binding), KernelForms.Current);
        return new DelegateKernel((in FixedArguments a) => kernel.Run(a.Input(0), a.Input(1), a.Output(0), a.Threads));
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
