using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>The mean under each position of a window over an NHWC image.</summary>
public sealed record AveragePool2DOp : Pool2DOp
{
    /// <summary>None: <see cref="PoolingImport"/> makes it.</summary>
    public static ImmutableArray<ImportRule> Imports => [];

    /// <summary>True where padding counts as zeros; false where the mean is over the image's own values.</summary>
    public bool CountIncludePad { get; init; }

    public override string Name => "AveragePool2D";

    public override ImmutableArray<Constraint> Constraints =>
    [
        new(
            "the window of an average is at most 255 high and wide",
            (_, _, _) => KernelH > 255 || KernelW > 255 ? $"{KernelH}×{KernelW}" : null,
            ConstraintRemedy.Split),
        new(
            "the window of an average has at most 12288 elements",
            (_, _, _) => (long)KernelH * KernelW > 12288 ? $"{KernelH}×{KernelW}" : null,
            ConstraintRemedy.Split),
        Undilated,
    ];

    public override void EmitOnnx(OnnxEmitter emitter, Node node) => EmitPool(emitter, node, "AveragePool", ("count_include_pad", CountIncludePad ? 1L : 0L));

    public override FixedKernel PrepareFixed(FixedBinding binding) => Prepare(binding, average: true, CountIncludePad);
}
