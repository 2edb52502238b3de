using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>The largest value under each position of a window over an NHWC image.</summary>
public sealed record MaxPool2DOp : Pool2DOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("MaxPool", static c =>
        {
            if (c.HasOutput(1))
            {
                throw c.Error("PoolingIndices", "the indices of a maximum pooling are not supported", IpuErrorKind.NotSupported);
            }

            c.AddImageOutput(WithWindow(c, new MaxPool2DOp()), c.Input(0));
        }),
    ];

    public override string Name => "MaxPool2D";

    public override void EmitOnnx(OnnxEmitter emitter, Node node) => EmitPool(emitter, node, "MaxPool");

    public override FixedKernel PrepareFixed(FixedBinding binding) => Prepare(binding, average: false, countPadding: false);
}
