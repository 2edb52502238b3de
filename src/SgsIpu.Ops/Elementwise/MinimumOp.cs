using System.Collections.Immutable;
using SgsIpu.Core;

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

    public override FixedKernel PrepareFixed(FixedBinding binding) => throw binding.NotSupported("Minimum has no fixed-point form");
}
