using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// TensorFlow's and TFLite's <c>NonMaxSuppression</c>: boxes [n, 4] and scores [n] to the indices of the boxes that are kept. The forms whose
/// number of results depends on the data have −1 behind those found; the others have 0, and say how many there are.
/// </summary>
internal static class NonMaxSuppressionImport
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.TensorFlow("NonMaxSuppression", static c => Open(c, c.Node.Float("iou_threshold", 0.5f), float.NegativeInfinity)),
        ImportRule.TensorFlow("NonMaxSuppressionV2", static c => Open(c, Number(c, 3), float.NegativeInfinity)),
        ImportRule.TensorFlow("NonMaxSuppressionV3", static c => Open(c, Number(c, 3), Number(c, 4))),
        .. ImportRule.TensorFlowAndTfLite("NonMaxSuppressionV4", "NON_MAX_SUPPRESSION_V4", V4),
        .. ImportRule.TensorFlowAndTfLite("NonMaxSuppressionV5", "NON_MAX_SUPPRESSION_V5", V5),
    ];

    private static void Open(LiftContext c, float overlap, float least) => c.AddOutput(0, new CastOp(DataType.Int32), Selected(c, overlap, least));

    private static void V4(LiftContext c)
    {
        string selected = Selected(c, Number(c, 3), Number(c, 4));
        Indices(c, selected, 0, c.Graph.Framework == Framework.TfLite || c.Node.Bool("pad_to_max_output_size", false));
        Count(c, selected, 1);
    }

    private static void V5(LiftContext c)
    {
        if (Number(c, 5) is var sigma and not 0)
        {
            throw c.Error("UnsupportedAttribute", $"'soft_nms_sigma' is {sigma}; only 0, where boxes are kept or not, is supported", IpuErrorKind.NotSupported);
        }

        string selected = Selected(c, Number(c, 3), Number(c, 4));
        Indices(c, selected, 0, c.Graph.Framework == Framework.TfLite || c.Node.Bool("pad_to_max_output_size", false));
        if (c.HasOutput(1))
        {
            string found = c.Add("found", new CompareOp(ComparisonKind.GreaterOrEqual), selected, Zero(c));
            string scores = c.Add("picked", new GatherOp(0), c.Input(1), c.Add("placed", new MaximumOp(), selected, Zero(c)));
            c.AddOutput(1, new WhereOp(), found, scores, c.AddConstant(Tensor.Scalar(0f), "none"));
        }

        Count(c, selected, 2);
    }

    /// <summary>Indices [most], INT64, −1 behind those found.</summary>
    private static string Selected(LiftContext c, float overlap, float least)
    {
        Shape boxes = c.Spec(0).Shape;
        Shape scores = c.Spec(1).Shape;
        long most = c.RequireConstant(2, "the number of boxes to keep").ToLongs() is [var only] ? only : -1;
        if (boxes.Rank != 2 || boxes[1] != 4 || scores != new Shape(boxes[0]) || most is < 1 or > 1 << 24)
        {
            throw c.Error("ShapeMismatch", $"boxes [n, 4], scores [n] and a number of boxes to keep are needed, found {c.Spec(0)}, {c.Spec(1)} and {most}");
        }

        string rows = c.Add(
            "rows",
            new NonMaxSuppressionOp((int)most, overlap, least),
            c.Reshaped(c.Input(0), new Shape(1, boxes[0], 4), "boxes"),
            c.Reshaped(c.Input(1), new Shape(1, 1, boxes[0]), "scores"));
        int kept = c.SpecOf(rows).Shape[0];
        string indices = c.Reshaped(c.Add("column", new SliceOp([0, 2], [kept, 1], [1, 1]), rows), new Shape(kept), "indices");
        long[] rest = [.. Enumerable.Repeat(-1L, (int)most - kept)];
        return rest.Length == 0 ? indices : c.Add("all", new ConcatOp(0), indices, c.AddConstant(Tensor.FromArray(rest, rest.Length), "rest"));
    }

    private static void Indices(LiftContext c, string selected, int output, bool padded)
    {
        if (c.HasOutput(output))
        {
            c.AddOutput(output, new CastOp(DataType.Int32), padded ? c.Add("placed", new MaximumOp(), selected, Zero(c)) : selected);
        }
    }

    private static void Count(LiftContext c, string selected, int output)
    {
        if (c.HasOutput(output))
        {
            string found = c.Add("found", new CompareOp(ComparisonKind.GreaterOrEqual), selected, Zero(c));
            c.AddOutput(output, new ReduceOp(ReduceKind.Sum, [0], KeepDims: false), c.Add("ones", new CastOp(DataType.Int32), found));
        }
    }

    private static string Zero(LiftContext c) => c.AddConstant(Tensor.Scalar(0L), "zero");

    private static float Number(LiftContext c, int input) => c.RequireConstant(input, "a threshold").ToFloats() is [var only]
        ? only
        : throw c.Error("ShapeMismatch", $"a threshold is one number, found {c.Spec(input)}");
}
