using System.Collections.Immutable;
using SgsIpu.Kernels;
using SgsIpu.Kernels.Elementwise;
using SgsIpu.Kernels.Exact;

namespace SgsIpu.Ops;

/// <summary>The larger of a and b with NumPy broadcasting.</summary>
public sealed record MaximumOp : BinaryOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Max", static c => LiftVariadic(c, new MaximumOp())),
        .. ImportRule.TensorFlowAndTfLite("Maximum", "MAXIMUM", static c => c.AddOutput(0, new MaximumOp(), c.Input(0), c.Input(1))),
    ];

    public override string Name => "Maximum";

    protected override string OnnxName => "Max";

    protected override ExactOperation Exact => ExactOperation.Maximum;

    protected override BinaryKernel Kernel(BinaryOperands t, KernelForm form) => BinaryKernel.Maximum(t.Types, t.FactorA, t.FactorB, form);
}
