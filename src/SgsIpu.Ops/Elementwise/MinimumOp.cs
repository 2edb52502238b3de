using System.Collections.Immutable;
using SgsIpu.Kernels;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Ops;

/// <summary>The smaller of a and b with NumPy broadcasting.</summary>
public sealed record MinimumOp : BinaryOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Min", static c => LiftVariadic(c, new MinimumOp())),
    ];

    public override string Name => "Minimum";

    protected override string OnnxName => "Min";

    protected override BinaryKernel Kernel(BinaryOperands t, KernelForm form) => BinaryKernel.Minimum(t.Types, t.FactorA, t.FactorB, form);
}
