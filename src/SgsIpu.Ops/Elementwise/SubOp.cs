using System.Collections.Immutable;
using SgsIpu.Kernels;
using SgsIpu.Kernels.Elementwise;
using SgsIpu.Kernels.Exact;

namespace SgsIpu.Ops;

/// <summary>a − b with NumPy broadcasting.</summary>
public sealed record SubOp : BinaryOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Sub", static c => c.AddOutput(0, new SubOp(), c.Input(0), c.Input(1))),
        .. ImportRule.TensorFlowAndTfLite("Sub", "SUB", static c => c.AddOutput(0, new SubOp(), c.Input(0), c.Input(1))),
    ];

    public override string Name => "Sub";

    protected override string OnnxName => "Sub";

    protected override int? SignOfSecond => -1;

    protected override ExactOperation Exact => ExactOperation.Subtract;

    protected override BinaryKernel Kernel(BinaryOperands t, KernelForm form) => BinaryKernel.Sum(t.Types, t.FactorA, -t.FactorB, form);
}
