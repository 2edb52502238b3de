using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>The largest value under each position of a window over an NHWC image.</summary>
public sealed record MaxPool2DOp : Pool2DOp
{
    /// <summary>None: <see cref="PoolingImport"/> makes it.</summary>
    public static ImmutableArray<ImportRule> Imports => [];

    public override string Name => "MaxPool2D";

    public override void EmitOnnx(OnnxEmitter emitter, Node node) => EmitPool(emitter, node, "MaxPool");

    public override FixedKernel PrepareFixed(FixedBinding binding) => Prepare(binding, average: false, countPadding: false);
}
