using System.Collections.Immutable;
using SgsIpu.Kernels;
using SgsIpu.Kernels.Elementwise;
using SgsIpu.Kernels.Exact;

namespace SgsIpu.Ops;

/// <summary>The smaller of a and b with NumPy broadcasting.</summary>
public sealed record MinimumOp : BinaryOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Min", static c => LiftVariadic(c, new MinimumOp())),
        .. ImportRule.TensorFlowAndTfLite("Minimum", "MINIMUM", static c => c.AddOutput(0, new MinimumOp(), c.Input(0), c.Input(1))),
    ];

    public override string Name => "Minimum";

    protected override string OnnxName => "Min";

    protected override ExactOperation Exact => ExactOperation.Minimum;

    protected override BinaryKernel Kernel(BinaryOperands t, KernelForm form) => BinaryKernel.Minimum(t.Types, t.FactorA, t.FactorB, form);
}
