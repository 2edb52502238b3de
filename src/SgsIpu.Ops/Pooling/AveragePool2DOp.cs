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

    public override void EmitOnnx(OnnxEmitter emitter, Node node) => EmitPool(emitter, node, "AveragePool", ("count_include_pad", CountIncludePad ? 1L : 0L));

    public override FixedKernel PrepareFixed(FixedBinding binding) => Prepare(binding, average: true, CountIncludePad);
}
