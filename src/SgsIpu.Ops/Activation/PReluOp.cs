using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Ops;

/// <summary>x where x ≥ 0, slope · x below. The second input is the slope, which broadcasts to x.</summary>
public sealed record PReluOp : ElementwiseOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("PRelu", static c => c.AddOutput(0, new PReluOp(), c.Input(0), c.Input(1))),
        ImportRule.TfLite("PRELU", static c => c.AddOutput(0, new PReluOp(), c.Input(0), c.Input(1))),
    ];

    public override string Name => "PRelu";

    protected override int Operands => 2;

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        TensorType[] types = base.InferOutputs(inputs);
        return types[0].Shape == inputs[0]!.Shape ? types : throw Mismatch($"the slope {inputs[1]} does not broadcast to {inputs[0]}");
    }

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        BinaryOperands t = BinaryOperands.Of(binding);
        BinaryKernel kernel = BinaryKernel.PRelu(t.Types, t.ScaleA / t.ScaleY, t.ScaleA * t.ScaleB / t.ScaleY, KernelForms.Current);
        return new DelegateKernel((in FixedArguments a) => kernel.Run(a.Input(0), a.Input(1), a.Output(0), a.Threads));
    }

    protected override void Emit(OnnxEmitter emitter, string[] inputs, string output) => emitter.Add("PRelu", inputs, [output]);
}
