using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>The larger of a and b with NumPy broadcasting.</summary>
public sealed record MaximumOp : BinaryOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Max", static c => LiftVariadic(c, new MaximumOp())),
    ];

    public override string Name => "Maximum";

    protected override string OnnxName => "Max";

    public override FixedKernel PrepareFixed(FixedBinding binding) => throw binding.NotSupported("Maximum has no fixed-point form");
}
