using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Source operators that ask about shapes. All shapes are known, so that they are constants and no operator of the IR.</summary>
internal static class ShapeImport
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Shape", static c =>
        {
            Shape x = c.Spec(0).Shape;
            int start = Clamp(c.Node.Int("start", 0), x.Rank);
            int end = Clamp(c.Node.Int("end", x.Rank), x.Rank);
            long[] dimensions = [.. x.Skip(start).Take(Math.Max(0, end - start)).Select(d => (long)d)];
            c.BindConstant(0, Tensor.FromArray<long>(dimensions, new Shape(dimensions.Length)));
        }),
        ImportRule.Onnx("Size", static c => c.BindConstant(0, Tensor.Scalar(c.Spec(0).Shape.Count))),
    ];

    private static int Clamp(long index, int rank) => (int)Math.Clamp(index < 0 ? index + rank : index, 0, rank);
}
