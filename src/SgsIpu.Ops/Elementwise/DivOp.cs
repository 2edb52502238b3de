using System.Collections.Immutable;
using SgsIpu.Kernels;
using SgsIpu.Kernels.Elementwise;
using SgsIpu.Kernels.Exact;

namespace SgsIpu.Ops;

/// <summary>a / b with NumPy broadcasting.</summary>
public sealed record DivOp : BinaryOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Div", static c => c.AddOutput(0, new DivOp(), c.Input(0), c.Input(1))),
        .. ImportRule.TensorFlowAndTfLite("Div", "DIV", static c => c.AddOutput(0, new DivOp(), c.Input(0), c.Input(1))),
        ImportRule.TensorFlow("RealDiv", static c => c.AddOutput(0, new DivOp(), c.Input(0), c.Input(1))),
    ];

    public override string Name => "Div";

    protected override string OnnxName => "Div";

    protected override ExactOperation Exact => ExactOperation.Divide;

    protected override BinaryKernel Kernel(BinaryOperands t, KernelForm form) => BinaryKernel.Quotient(t.Types, t.ScaleA / t.ScaleB / t.ScaleY);
}
