using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>The largest value under each position of a window over an NHWC image.</summary>
public sealed record MaxPool2DOp : Pool2DOp
{
    /// <summary>None: <see cref="PoolingImport"/> makes it.</summary>
    public static ImmutableArray<ImportRule> Imports => [];

    public override string Name => "MaxPool2D";

    public override ImmutableArray<Constraint> Constraints =>
    [
        new("the window of a maximum is at most 255 wide", (_, _, _) => KernelW > 255 ? $"{KernelW} wide" : null, ConstraintRemedy.Split),
        new(
            "the window of a maximum has at most 6029312 elements",
            (_, _, _) => (long)KernelH * KernelW > 6029312 ? $"{KernelH}×{KernelW}" : null,
            ConstraintRemedy.Split),
        Undilated,
    ];

    public override void EmitOnnx(OnnxEmitter emitter, Node node) => EmitPool(emitter, node, "MaxPool");

    public override FixedKernel PrepareFixed(FixedBinding binding) => Prepare(binding, average: false, countPadding: false);
}
