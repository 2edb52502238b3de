using SgsIpu.Kernels;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Ops;

/// <summary>An operator of two inputs that ONNX has under the same name.</summary>
public abstract record BinaryOp : ElementwiseOp
{
    protected sealed override int Operands => 2;

    /// <summary>The ONNX operator of the same meaning.</summary>
    protected abstract string OnnxName { get; }

    public sealed override FixedKernel PrepareFixed(FixedBinding binding)
    {
        BinaryKernel kernel = Kernel(BinaryOperands.Of(binding), KernelForms.Current);
        return new DelegateKernel((in FixedArguments a) => kernel.Run(a.Input(0), a.Input(1), a.Output(0)));
    }

    /// <summary>The integer form for these operands.</summary>
    protected abstract BinaryKernel Kernel(BinaryOperands t, KernelForm form);

    protected override void Emit(OnnxEmitter emitter, string[] inputs, string output)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        emitter.Add(OnnxName, inputs, [output]);
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
