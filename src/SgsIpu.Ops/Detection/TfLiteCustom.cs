using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>TFLite's custom operators that public models have: the tail of detectors, and MediaPipe's pooling that tells places.</summary>
internal static class TfLiteCustom
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.TfLite("custom.MaxPoolingWithArgmax2D", PoolWithPlaces),
        ImportRule.TfLite("custom.MaxUnpooling2D", Unpool),
        ImportRule.TfLite("custom.TFLite_Detection_PostProcess", Detections),
    ];

    /// <summary>Codes are (y, x, height, width) against anchors (y, x, height, width); the first class of the scores may be the background.</summary>
    private static void Detections(LiftContext c)
    {
        Shape scores = c.Spec(1).Shape;
        float[] anchors = c.RequireConstant(2, "anchors").ToFloats();
        int most = (int)c.Node.Int("max_detections", 0);
        int classes = (int)c.Node.Int("num_classes", 0);
        int background = scores.Rank == 3 ? scores[2] - classes : -1;
        if (most < 1 || classes < 1 || background is not (0 or 1) || anchors.Length != 4 * scores[1] || c.Node.Int("max_classes_per_detection", 1) != 1)
        {
            throw c.Error(
                "UnsupportedAttribute",
                $"{most} detections of {classes} classes, {c.Node.Int("max_classes_per_detection", 1)} for each, from scores {c.Spec(1)} and {anchors.Length / 4} anchors; one class for each detection, and scores of the classes with or without a background, are supported",
                IpuErrorKind.NotSupported);
        }

        float[] factors = [.. new[] { "y_scale", "x_scale", "h_scale", "w_scale" }.Select(s => 1 / c.Node.Float(s, 1))];
        float[] rows = [.. Enumerable.Range(0, scores[1]).SelectMany(i => anchors.AsSpan(4 * i, 4).ToArray().Concat(factors))];
        string score = background == 0 ? c.Input(1) : c.Add("classes", new SliceOp([0, 0, 1], [scores[0], scores[1], classes], [1, 1, 1]), c.Input(1));
        bool regular = c.Node.Bool("use_regular_nms", false);
        var op = new DetectionPostProcessOp(
            most, 0, regular ? (int)c.Node.Int("detections_per_class", 100) : most, c.Node.Float("nms_score_threshold", 0), c.Node.Float("nms_iou_threshold", 0), ClassAgnostic: !regular);
        string[] y = c.AddMany("detections", op, 4, c.Input(0), score, c.AddConstant(Tensor.FromArray<float>(rows, new Shape(scores[1], 8)), "anchors"));
        for (int i = 0; i < 4; i++)
        {
            if (c.HasOutput(i))
            {
                // The runtime has classes and the number of detections as real numbers.
                c.AddOutput(i, i is 1 or 3 ? new CastOp(DataType.Float32) : new IdentityOp(), y[i]);
            }
        }
    }

    /// <summary>The largest value under each window, and its place in the window, row by row; of equal values the first.</summary>
    private static void PoolWithPlaces(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        (int kernelH, int kernelW, int strideH, int strideW) = Window(c);
        bool same = c.Node.String("padding", "VALID") == "SAME";
        (int top, int bottom) = same ? TensorFlowImage.Same(x[1], kernelH, strideH, 1) : default;
        (int left, int right) = same ? TensorFlowImage.Same(x[2], kernelW, strideW, 1) : default;
        var pool = new MaxPool2DOp
        {
            KernelH = kernelH,
            KernelW = kernelW,
            StrideH = strideH,
            StrideW = strideW,
            PadTop = top,
            PadBottom = bottom,
            PadLeft = left,
            PadRight = right,
        };
        Shape y = c.SpecOf(c.AddOutput(0, pool, c.Input(0))).Shape;
        if (!c.HasOutput(1))
        {
            return;
        }

        string padded = top + bottom + left + right == 0 ? c.Input(0) : c.Add("padded", new PadOp([0, top, left, 0], [0, bottom, right, 0], PadMode.Constant, float.MinValue), c.Input(0));
        string[] places = new string[kernelH * kernelW];
        for (int k = 0; k < places.Length; k++)
        {
            string place = c.Add($"place{k}", new SliceOp([0, k / kernelW, k % kernelW, 0], [.. y], [1, strideH, strideW, 1]), padded);
            places[k] = c.Add($"layer{k}", new ReshapeOp(new Shape(y[0], y[1], y[2], 1, y[3])), place);
        }

        string stacked = places.Length == 1 ? places[0] : c.Add("places", new ConcatOp(3), places);
        c.AddOutput(1, new ArgOp(true, 3, KeepDims: false), stacked);
    }

    /// <summary>Puts each value back to its place in a window, with zeros around it; windows lie side by side.</summary>
    private static void Unpool(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        (int kernelH, int kernelW, int strideH, int strideW) = Window(c);
        if (kernelH != strideH || kernelW != strideW || c.Spec(1).Shape != x || c.Spec(1).Type != DataType.Int64)
        {
            throw c.Error("UnsupportedAttribute", $"windows of {kernelH}×{kernelW} {strideH}×{strideW} apart with places {c.Spec(1)}; windows side by side with places from MaxPoolingWithArgmax2D are supported", IpuErrorKind.NotSupported);
        }

        string zero = c.AddConstant(Tensor.Scalar(0f), "zero");
        string[] layers = new string[kernelH * kernelW];
        for (int k = 0; k < layers.Length; k++)
        {
            string here = c.Add($"here{k}", new CompareOp(ComparisonKind.Equal), c.Input(1), c.AddConstant(Tensor.Scalar((long)k), "place"));
            layers[k] = c.Add($"layer{k}", new WhereOp(), here, c.Input(0), zero);
        }

        string depth = layers.Length == 1 ? layers[0] : c.Add("layers", new ConcatOp(3), layers);
        string split = c.Add("split", new ReshapeOp(new Shape(x[0], x[1], x[2], kernelH, kernelW, x[3])), depth);
        string turned = c.Add("turned", new TransposeOp([0, 1, 3, 2, 4, 5]), split);
        c.AddOutput(0, new ReshapeOp(new Shape(x[0], x[1] * kernelH, x[2] * kernelW, x[3])), turned);
    }

    private static (int KernelH, int KernelW, int StrideH, int StrideW) Window(LiftContext c)
    {
        int[] sizes = [.. new[] { "filter_height", "filter_width", "stride_h", "stride_w" }.Select(a => (int)c.Node.Int(a, 1))];
        return c.Spec(0).Shape.Rank == 4 && sizes.All(s => s is > 0 and < 1 << 15)
            ? (sizes[0], sizes[1], sizes[2], sizes[3])
            : throw c.Error("UnsupportedAttribute", $"a window of {sizes[0]}×{sizes[1]}, {sizes[2]}×{sizes[3]} apart, does not slide over {c.Spec(0)}");
    }
}
