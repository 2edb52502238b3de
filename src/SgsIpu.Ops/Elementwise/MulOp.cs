using System.Collections.Immutable;
using SgsIpu.Kernels;
using SgsIpu.Kernels.Elementwise;
using SgsIpu.Kernels.Exact;

namespace SgsIpu.Ops;

/// <summary>a · b with NumPy broadcasting.</summary>
public sealed record MulOp : BinaryOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Mul", static c => c.AddOutput(0, new MulOp(), c.Input(0), c.Input(1))),
        .. ImportRule.TensorFlowAndTfLite("Mul", "MUL", static c => c.AddOutput(0, new MulOp(), c.Input(0), c.Input(1))),
    ];

    public override string Name => "Mul";

    public override bool MultipliesScales => true;

    protected override string OnnxName => "Mul";

    protected override ExactOperation Exact => ExactOperation.Multiply;

    protected override BinaryKernel Kernel(BinaryOperands t, KernelForm form) => BinaryKernel.Product(t.Types, t.ScaleA * t.ScaleB / t.ScaleY, form);
}
