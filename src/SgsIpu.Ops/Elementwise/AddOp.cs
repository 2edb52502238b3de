using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>a + b with NumPy broadcasting.</summary>
public sealed record AddOp : BinaryOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Add", static c => c.AddOutput(0, new AddOp(), c.Input(0), c.Input(1))),
        ImportRule.Onnx("Sum", static c => LiftVariadic(c, new AddOp())),
    ];

    public override string Name => "Add";

    protected override string OnnxName => "Add";

    public override FixedKernel PrepareFixed(FixedBinding binding) => throw binding.NotSupported("Add has no fixed-point form");
}
