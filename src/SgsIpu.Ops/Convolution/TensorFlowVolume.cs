using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Operators of TensorFlow and TFLite over volumes [N, D, H, W, C].</summary>
internal static class TensorFlowVolume
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.TensorFlow("AvgPool3D", static c => Pool(c, new AveragePool2DOp())),
        .. ImportRule.TensorFlowAndTfLite("Conv3D", "CONV_3D", Conv3D),
        ImportRule.TensorFlow("MaxPool3D", static c => Pool(c, new MaxPool2DOp())),
    ];

    /// <summary>Weights [D, H, W, I, O] over volumes [N, D, H, W, C], as convolutions over images of several depths.</summary>
    private static void Conv3D(LiftContext c)
    {
        Tensor w = c.RequireConstant(1, "weights");
        Shape x = c.Spec(0).Shape;
        if (x.Rank != 5 || w.Shape.Rank != 5 || c.Node.String("data_format", "NDHWC") != "NDHWC")
        {
            throw c.Error("ConvolutionRank", $"volumes [N, D, H, W, C] are convolved, found {c.Spec(0)} and weights {w.Shape}", IpuErrorKind.NotSupported);
        }

        int groups = TensorFlowImage.Groups(c, x[4], w.Shape[3]);
        int[] kernel = [.. w.Shape.Take(3)];
        int[] strides = Steps3(c, "strides", "stride");
        int[] dilations = Steps3(c, "dilations", "dilation", "_factor");
        (int Before, int After)[] pads = Pads(c, kernel, strides, dilations);
        var window = new SpatialWindow([.. kernel], [.. strides], [.. dilations], [.. pads.Select(p => p.Before)], [.. pads.Select(p => p.After)], [0, 0, 0]);
        string images = VolumeConvolution.Unfolded(c, c.Input(0), window, groups);
        var op = new Conv2DOp
        {
            Groups = groups,
            StrideH = strides[1],
            StrideW = strides[2],
            DilationH = dilations[1],
            DilationW = dilations[2],
            PadTop = pads[1].Before,
            PadBottom = pads[1].After,
            PadLeft = pads[2].Before,
            PadRight = pads[2].After,
        };
        string weights = c.AddConstant(w.Transpose(4, 1, 2, 0, 3).Reshape(new Shape(w.Shape[4], kernel[1], kernel[2], kernel[0] * w.Shape[3])), "ohwi");
        string y = c.Add("images", op, TensorFlowImage.WithBias(c, images, weights, 2));
        Shape s = c.SpecOf(y).Shape;
        c.AddOutput(0, new ReshapeOp(new Shape(x[0], s[0] / x[0], s[1], s[2], s[3])), y);
    }

    private static int[] Steps3(LiftContext c, string tensorFlow, string tfLite, string suffix = "")
    {
        long[] steps = c.Graph.Framework == Framework.TfLite
            ? [.. new[] { "_d", "_h", "_w" }.Select(d => c.Node.Int(tfLite + d + suffix, 1))]
            : c.Node.Ints(tensorFlow) is { Length: 5 } given ? given[1..4] : [1, 1, 1];
        return steps.All(s => s is > 0 and <= int.MaxValue) ? [.. steps.Select(s => (int)s)] : throw c.Error("UnsupportedAttribute", $"'{tensorFlow}' are at least 1, found [{string.Join(", ", steps)}]");
    }

    /// <summary>SAME pads the odd element at the end.</summary>
    private static (int Before, int After)[] Pads(LiftContext c, int[] kernel, int[] strides, int[] dilations)
    {
        bool same = c.Node.String("padding", "VALID") == "SAME";
        return [.. kernel.Select((k, d) => same ? TensorFlowImage.Same(c.Spec(0).Shape[d + 1], k, strides[d], dilations[d]) : default)];
    }

    /// <summary>Over the images, then along the depth: maxima and means over a box are those of the two, with padding too.</summary>
    private static void Pool(LiftContext c, Pool2DOp op)
    {
        Shape x = c.Spec(0).Shape;
        if (x.Rank != 5 || c.Node.String("data_format", "NDHWC") != "NDHWC")
        {
            throw c.Error("PoolingRank", $"volumes [N, D, H, W, C] are pooled, found {c.Spec(0)}", IpuErrorKind.NotSupported);
        }

        int[] kernel = Steps3(c, "ksize", "filter");
        int[] strides = Steps3(c, "strides", "stride");
        (int Before, int After)[] pads = Pads(c, kernel, strides, [1, 1, 1]);
        string images = c.Add("images", new ReshapeOp(new Shape(x[0] * x[1], x[2], x[3], x[4])), c.Input(0));
        string pooled = c.Add("pooled", Along(op, (kernel[1], strides[1], pads[1]), (kernel[2], strides[2], pads[2])), images);
        Shape y = c.SpecOf(pooled).Shape;
        string columns = c.Add("columns", new ReshapeOp(new Shape(x[0], x[1], y[1] * y[2], y[3])), pooled);
        string depths = c.Add("depths", Along(op, (kernel[0], strides[0], pads[0]), (1, 1, default)), columns);
        c.AddOutput(0, new ReshapeOp(new Shape(x[0], c.SpecOf(depths).Shape[1], y[1], y[2], y[3])), depths);
    }

    private static Pool2DOp Along(Pool2DOp op, (int Kernel, int Stride, (int Before, int After) Pads) h, (int Kernel, int Stride, (int Before, int After) Pads) w) => op with
    {
        KernelH = h.Kernel,
        StrideH = h.Stride,
        PadTop = h.Pads.Before,
        PadBottom = h.Pads.After,
        KernelW = w.Kernel,
        StrideW = w.Stride,
        PadLeft = w.Pads.Before,
        PadRight = w.Pads.After,
    };
}
