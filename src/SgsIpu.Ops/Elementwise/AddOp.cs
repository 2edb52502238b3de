using System.Collections.Immutable;
using SgsIpu.Kernels;
using SgsIpu.Kernels.Elementwise;
using SgsIpu.Kernels.Exact;

namespace SgsIpu.Ops;

/// <summary>a + b with NumPy broadcasting.</summary>
public sealed record AddOp : BinaryOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Add", static c => c.AddOutput(0, new AddOp(), c.Input(0), c.Input(1))),
        ImportRule.Onnx("Sum", static c => LiftVariadic(c, new AddOp())),
        .. ImportRule.TensorFlowAndTfLite("Add", "ADD", static c => c.AddOutput(0, new AddOp(), c.Input(0), c.Input(1))),
        ImportRule.TensorFlow("AddV2", static c => c.AddOutput(0, new AddOp(), c.Input(0), c.Input(1))),
    ];

    public override string Name => "Add";

    protected override string OnnxName => "Add";

    protected override int? SignOfSecond => 1;

    protected override ExactOperation Exact => ExactOperation.Add;

    protected override BinaryKernel Kernel(BinaryOperands t, KernelForm form) => BinaryKernel.Sum(t.Types, t.FactorA, t.FactorB, form);
}
