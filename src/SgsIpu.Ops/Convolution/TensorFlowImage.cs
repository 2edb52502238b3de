using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Operators of TensorFlow and TFLite over images, in NHWC and (TensorFlow's) NCHW, with SAME, VALID and explicit padding.</summary>
internal static class TensorFlowImage
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        .. ImportRule.TensorFlowAndTfLite("AvgPool", "AVERAGE_POOL_2D", static c => Pool(c, new AveragePool2DOp())),
        ImportRule.TensorFlow("BiasAdd", BiasAdd),
        ImportRule.TensorFlow("Conv2D", Conv2D),
        ImportRule.TfLite("CONV_2D", TfLiteConv2D),
        ImportRule.TensorFlow("Conv2DBackpropInput", Transposed),
        ImportRule.TensorFlow("DepthwiseConv2dNative", Depthwise),
        ImportRule.TfLite("DEPTHWISE_CONV_2D", TfLiteDepthwise),
        ImportRule.TensorFlow("FusedBatchNorm", BatchNorm),
        ImportRule.TensorFlow("FusedBatchNormV2", BatchNorm),
        ImportRule.TensorFlow("FusedBatchNormV3", BatchNorm),
        ImportRule.TfLite("L2_POOL_2D", static c =>
        {
            string squares = c.Add("squares", new MulOp(), c.Input(0), c.Input(0));
            c.AddOutput(0, new SqrtOp(), c.Add("mean", Window(c, new AveragePool2DOp()), squares));
        }),
        .. ImportRule.TensorFlowAndTfLite("MaxPool", "MAX_POOL_2D", static c => Pool(c, new MaxPool2DOp())),
        .. ImportRule.TensorFlowAndTfLite("ResizeBilinear", "RESIZE_BILINEAR", static c => Resize(c, nearest: false)),
        .. ImportRule.TensorFlowAndTfLite("ResizeNearestNeighbor", "RESIZE_NEAREST_NEIGHBOR", static c => Resize(c, nearest: true)),
        ImportRule.TfLite("TRANSPOSE_CONV", Transposed),
        ImportRule.TfLite("custom.Convolution2DTransposeBias", TransposedWithBias),
    ];

    private static bool First(LiftContext c) => c.Node.String("data_format", "NHWC") switch
    {
        "NHWC" => false,
        "NCHW" => true,
        var other => throw c.Error("UnsupportedAttribute", $"'data_format' is NHWC or NCHW, found {other}", IpuErrorKind.NotSupported),
    };

    private static void Emit(LiftContext c, IpuOperator op, params ReadOnlySpan<string> inputs)
    {
        if (First(c))
        {
            c.AddImageOutput(op, inputs);
        }
        else
        {
            c.AddOutput(0, op, inputs);
        }
    }

    /// <summary>Height and width of an attribute with one value a dimension, or of an image's shape.</summary>
    private static (int H, int W) Spatial(LiftContext c, IReadOnlyList<long> values, string what)
    {
        int h = First(c) ? 2 : 1;
        return values.Count == 4 && values.All(v => v is >= 0 and <= int.MaxValue)
            ? ((int)values[h], (int)values[h + 1])
            : throw c.Error("UnsupportedAttribute", $"{what} has 4 values that are not negative, found [{string.Join(", ", values)}]", IpuErrorKind.NotSupported);
    }

    private static (int H, int W) Image(LiftContext c, int input) => Spatial(c, [.. c.Spec(input).Shape.Select(d => (long)d)], "the image");

    private static (int H, int W) Steps(LiftContext c, string attribute)
    {
        (int h, int w) = Spatial(c, c.Node.Ints(attribute) ?? [1, 1, 1, 1], $"'{attribute}'");
        return h > 0 && w > 0 ? (h, w) : throw c.Error("UnsupportedAttribute", $"'{attribute}' is at least 1, found {h}, {w}");
    }

    /// <summary>A size for height and width: TFLite has an attribute for each, TensorFlow a list over all dimensions.</summary>
    private static (int H, int W) Sizes(LiftContext c, string tensorFlow, string tfLiteH, string tfLiteW)
    {
        if (c.Graph.Framework != Framework.TfLite)
        {
            return Steps(c, tensorFlow);
        }

        (long h, long w) = (c.Node.Int(tfLiteH, 1), c.Node.Int(tfLiteW, 1));
        return h is > 0 and <= int.MaxValue && w is > 0 and <= int.MaxValue
            ? ((int)h, (int)w)
            : throw c.Error("UnsupportedAttribute", $"'{tfLiteH}' and '{tfLiteW}' are at least 1, found {h} and {w}");
    }

    private static (int H, int W) Stride(LiftContext c) => Sizes(c, "strides", "stride_h", "stride_w");

    /// <summary>SAME pads the odd row at the end.</summary>
    private static (int Top, int Bottom, int Left, int Right) Pads(LiftContext c, (int H, int W) size, (int H, int W) kernel, (int H, int W) stride, (int H, int W) dilation)
    {
        switch (c.Node.String("padding", "VALID"))
        {
            case "VALID":
                return default;
            case "SAME":
                (int top, int bottom) = Same(size.H, kernel.H, stride.H, dilation.H);
                (int left, int right) = Same(size.W, kernel.W, stride.W, dilation.W);
                return (top, bottom, left, right);
            case "EXPLICIT" when c.Node.Ints("explicit_paddings") is { Length: 8 } p && p.All(v => v is >= 0 and <= int.MaxValue):
                int h = First(c) ? 4 : 2;
                return ((int)p[h], (int)p[h + 1], (int)p[h + 2], (int)p[h + 3]);
            case var other:
                throw c.Error("UnsupportedAttribute", $"'padding' is SAME, VALID or EXPLICIT with eight 'explicit_paddings', found {other}", IpuErrorKind.NotSupported);
        }
    }

    internal static (int Before, int After) Same(int size, int kernel, int stride, int dilation)
    {
        long total = Math.Max(0, (((((long)size + stride - 1) / stride) - 1) * stride) + ((kernel - 1L) * dilation) + 1 - size);
        return checked(((int)(total / 2), (int)(total - (total / 2))));
    }

    private static Tensor Weights(LiftContext c, int image = 0)
    {
        Tensor weights = c.RequireConstant(1, "weights");
        CheckRanks(c, image);
        return weights;
    }

    private static void CheckRanks(LiftContext c, int image)
    {
        if (c.Spec(1).Shape.Rank != 4 || c.Spec(image).Shape.Rank != 4)
        {
            throw c.Error("ConvolutionRank", $"only images are convolved (input and weights of rank 4), found {c.Spec(image)} and weights {c.Spec(1)}", IpuErrorKind.NotSupported);
        }
    }

    private static ImageConvolutionOp Windowed(LiftContext c, ImageConvolutionOp op, (int H, int W) size, (int H, int W) kernel)
    {
        (int H, int W) stride = Stride(c);
        (int H, int W) dilation = Sizes(c, "dilations", "dilation_h_factor", "dilation_w_factor");
        var pads = Pads(c, size, kernel, stride, dilation);
        return op with
        {
            StrideH = stride.H,
            StrideW = stride.W,
            DilationH = dilation.H,
            DilationW = dilation.W,
            PadTop = pads.Top,
            PadBottom = pads.Bottom,
            PadLeft = pads.Left,
            PadRight = pads.Right,
        };
    }

    internal static int Groups(LiftContext c, int channels, int each) => each > 0 && channels % each == 0
        ? channels / each
        : throw c.Error("ShapeMismatch", $"weights {c.Spec(1)} do not fit an image of {channels} channels");

    private static void Conv2D(LiftContext c)
    {
        Tensor w = Weights(c);
        var op = new Conv2DOp { Groups = Groups(c, c.Spec(0).Shape[First(c) ? 1 : 3], w.Shape[2]) };
        Emit(c, Windowed(c, op, Image(c, 0), (w.Shape[0], w.Shape[1])), c.Input(0), c.AddConstant(w.Transpose(3, 0, 1, 2), "ohwi"));
    }

    /// <summary>TFLite's weights lie as ours do, and the bias is an input.</summary>
    private static void TfLiteConv2D(LiftContext c)
    {
        CheckRanks(c, 0);
        Shape w = c.Spec(1).Shape;
        var op = new Conv2DOp { Groups = Groups(c, c.Spec(0).Shape[3], w[3]) };
        c.AddOutput(0, Windowed(c, op, Image(c, 0), (w[1], w[2])), WithBias(c, c.Input(0), c.Input(1), 2));
    }

    private static void Depthwise(LiftContext c)
    {
        // [KH, KW, C, m] holds the m filters of a channel side by side, as [1, KH, KW, C·m] does.
        Tensor w = Weights(c);
        Tensor flat = w.Reshape(new Shape(1, w.Shape[0], w.Shape[1], checked(w.Shape[2] * w.Shape[3])));
        Emit(c, Windowed(c, new DepthwiseConv2DOp(), Image(c, 0), (w.Shape[0], w.Shape[1])), c.Input(0), c.AddConstant(flat, "dhwc"));
    }

    private static void TfLiteDepthwise(LiftContext c)
    {
        CheckRanks(c, 0);
        Shape w = c.Spec(1).Shape;
        c.AddOutput(0, Windowed(c, new DepthwiseConv2DOp(), Image(c, 0), (w[1], w[2])), WithBias(c, c.Input(0), c.Input(1), 2));
    }

    internal static string[] WithBias(LiftContext c, string image, string weights, int bias) =>
        c.HasInput(bias) ? [image, weights, c.Input(bias)] : [image, weights];

    /// <summary>The gradient of a convolution: padding and strides are those of the convolution from the output to the input.</summary>
    private static void Transposed(LiftContext c)
    {
        bool tfLite = c.Graph.Framework == Framework.TfLite;
        Tensor w = Weights(c, 2);
        (int H, int W) kernel = tfLite ? (w.Shape[1], w.Shape[2]) : (w.Shape[0], w.Shape[1]);
        (int H, int W) size = Spatial(c, c.RequireConstant(0, "output size").ToLongs(), "the output size");
        (int H, int W) input = Image(c, 2);
        ImageConvolutionOp op = Windowed(c, new TransposedConv2DOp(), size, kernel);
        long extraH = size.H - (((long)(input.H - 1) * op.StrideH) + ((kernel.H - 1L) * op.DilationH) + 1 - op.PadTop - op.PadBottom);
        long extraW = size.W - (((long)(input.W - 1) * op.StrideW) + ((kernel.W - 1L) * op.DilationW) + 1 - op.PadLeft - op.PadRight);
        if (extraH < 0 || extraW < 0 || extraH >= op.StrideH || extraW >= op.StrideW)
        {
            throw c.Error("ShapeMismatch", $"an image of {input.H}×{input.W} does not become {size.H}×{size.W} with this window");
        }

        op = (TransposedConv2DOp)op with { OutputPadH = (int)extraH, OutputPadW = (int)extraW };
        string weights = tfLite ? c.Input(1) : c.AddConstant(w.Transpose(2, 0, 1, 3), "ohwi");
        Emit(c, op, tfLite ? WithBias(c, c.Input(2), weights, 3) : [c.Input(2), weights]);
    }

    /// <summary>MediaPipe's form has the image first, and its own rule for SAME: it cuts off what the window reaches beyond the last stride.</summary>
    private static void TransposedWithBias(LiftContext c)
    {
        Shape w = Weights(c).Shape;
        (int H, int W) input = Image(c, 0);
        (int H, int W) stride = Stride(c);
        bool same = c.Node.String("padding", "VALID") == "SAME";
        int cutH = same ? Math.Max(0, w[1] - ((input.H - 1) % stride.H) - 1) : 0;
        int cutW = same ? Math.Max(0, w[2] - ((input.W - 1) % stride.W) - 1) : 0;
        var op = new TransposedConv2DOp
        {
            StrideH = stride.H,
            StrideW = stride.W,
            PadTop = cutH / 2,
            PadBottom = cutH - (cutH / 2),
            PadLeft = cutW / 2,
            PadRight = cutW - (cutW / 2),
        };
        c.AddOutput(0, op, WithBias(c, c.Input(0), c.Input(1), 2));
    }

    private static void Pool(LiftContext c, Pool2DOp op) => Emit(c, Window(c, op), c.Input(0));

    private static Pool2DOp Window(LiftContext c, Pool2DOp op)
    {
        (int H, int W) kernel = Sizes(c, "ksize", "filter_height", "filter_width");
        (int H, int W) stride = Stride(c);
        var pads = Pads(c, Image(c, 0), kernel, stride, (1, 1));
        return op with
        {
            KernelH = kernel.H,
            KernelW = kernel.W,
            StrideH = stride.H,
            StrideW = stride.W,
            PadTop = pads.Top,
            PadBottom = pads.Bottom,
            PadLeft = pads.Left,
            PadRight = pads.Right,
        };
    }

    private static void BiasAdd(LiftContext c)
    {
        string bias = c.Input(1);
        if (First(c) && c.Spec(0).Shape.Rank > 2)
        {
            bias = c.Add("bias", new ReshapeOp(Channel(c, c.Spec(1).Shape[0])), bias);
        }

        c.AddOutput(0, new AddOp(), c.Input(0), bias);
    }

    /// <summary>The shape of one value a channel, broadcast to input 0.</summary>
    private static Shape Channel(LiftContext c, int channels) =>
        First(c) ? new Shape([channels, .. Enumerable.Repeat(1, Math.Max(0, c.Spec(0).Shape.Rank - 2))]) : new Shape(channels);

    private static void BatchNorm(LiftContext c)
    {
        // Where statistics are given the graph was made for inference, whatever is_training says: old exporters left it at its default of true.
        // Without them TensorFlow normalizes by the statistics of the input itself, in inference as well.
        if (c.Spec(3).Shape.Contains(0))
        {
            Shape image = c.Spec(0).Shape;
            int depth = image.Rank == 4 && c.Node.Bool("is_training", true) ? image[First(c) ? 1 : 3] : throw c.Error("ShapeMismatch", $"mean and variance of {c.Spec(0)} are missing");
            InstanceNormalization.Emit(c, First(c) ? [0, 2, 3] : [0, 1, 2], Channel(c, depth), c.Node.Float("epsilon", 1e-4f));
            return;
        }

        float[] scale = c.RequireConstant(1, "scale").ToFloats();
        float[] offset = c.RequireConstant(2, "offset").ToFloats();
        float[] mean = c.RequireConstant(3, "mean").ToFloats();
        float[] variance = c.RequireConstant(4, "variance").ToFloats();
        Shape x = c.Spec(0).Shape;
        int channels = x.Rank == 4 ? x[First(c) ? 1 : 3] : throw c.Error("ShapeMismatch", $"the input {c.Spec(0)} is no image");
        if (scale.Length != channels || offset.Length != channels || mean.Length != channels || variance.Length != channels)
        {
            throw c.Error("ShapeMismatch", $"the parameters have {scale.Length}, {offset.Length}, {mean.Length} and {variance.Length} values, the input {c.Spec(0)} has {channels} channels");
        }

        double epsilon = c.Node.Float("epsilon", 1e-4f);
        double[] factor = [.. scale.Select((s, i) => s / Math.Sqrt(variance[i] + epsilon))];
        float[] summand = [.. offset.Select((o, i) => (float)(o - (mean[i] * factor[i])))];
        string factors = c.AddConstant(Tensor.FromArray<float>([.. factor.Select(f => (float)f)], Channel(c, channels)), "factor");
        string summands = c.AddConstant(Tensor.FromArray<float>(summand, Channel(c, channels)), "offset");
        c.AddOutput(0, new AddOp(), c.Add("scaled", new MulOp(), c.Input(0), factors), summands);
    }

    /// <summary>Without half-pixel centres position 0 meets position 0; resizing is always NHWC.</summary>
    private static void Resize(LiftContext c, bool nearest)
    {
        Shape x = c.Spec(0).Shape;
        int[] size = c.RequireConstant(1, "size").ToInts();
        if (x.Rank != 4 || size.Length != 2 || size.Any(s => s < 1) || x.Contains(0))
        {
            throw c.Error("ShapeMismatch", $"{c.Spec(0)} cannot be resized to [{string.Join(", ", size)}]");
        }

        bool align = c.Node.Bool("align_corners", false);
        bool half = c.Node.Bool("half_pixel_centers", false);
        ResizeCoordinates coordinates = align ? ResizeCoordinates.AlignCorners : half ? ResizeCoordinates.HalfPixel : ResizeCoordinates.Asymmetric;
        float scaleH = (float)size[0] / x[1];
        float scaleW = (float)size[1] / x[2];

        // Half up: with half-pixel centres floor((i + ½)·s) is the pixel whose centre is nearest, the upper one of two.
        NearestRounding rounding = align || half ? NearestRounding.RoundPreferCeil : NearestRounding.Floor;
        ResizeOp op = nearest
            ? new ResizeNearestOp(size[0], size[1], scaleH, scaleW, coordinates, rounding)
            : new ResizeBilinearOp(size[0], size[1], scaleH, scaleW, coordinates);
        c.AddOutput(0, op, c.Input(0));
    }
}
