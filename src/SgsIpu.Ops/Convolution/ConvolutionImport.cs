using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// How ONNX's <c>Conv</c> and <c>ConvTranspose</c> become image convolutions. A line is an image of height 1. A volume becomes an image for
/// each depth of the output, whose channels are those of all the depths that the kernel reaches there: one convolution, one exact sum.
/// </summary>
internal static class ConvolutionImport
{
    /// <summary>OIHW to OHWI.</summary>
    private static readonly int[] ToOhwi = [0, 2, 3, 1];

    /// <summary>[C·m, 1, KH, KW] to [1, KH, KW, C·m].</summary>
    private static readonly int[] ToDepthwise = [1, 2, 3, 0];

    public static void Conv(LiftContext c)
    {
        (Shape x, Shape w) = Shapes(c);
        int groups = checked((int)c.Node.Int("group", 1));
        if (groups < 1 || w[0] % groups != 0 || (long)w[1] * groups != x[1])
        {
            throw c.Error("OnnxAttribute", $"weights {w} in {groups} groups do not fit {x}");
        }

        SpatialWindow window = SpatialWindow.Of(c, w.AsSpan()[2..]);
        if (x.Rank == 5)
        {
            SpatialLayout.Over(c, VolumeConvolution.Unfolded(c, window, groups), Windowed(new Conv2DOp { Groups = groups }, window.Image()), VolumeConvolution.Weights(c), OptionalBias(c));
            return;
        }

        string weights = x.Rank == 3 ? SpatialLayout.Reshaped(c, c.Input(1), new Shape(w[0], w[1], 1, w[2]), "line") : c.Input(1);
        bool depthwise = groups > 1 && groups == x[1];
        ImageConvolutionOp op = depthwise ? new DepthwiseConv2DOp() : new Conv2DOp { Groups = groups };
        SpatialLayout.Over(
            c,
            SpatialLayout.ToImage(c, c.Input(0)),
            Windowed(op, window.Image()),
            SpatialLayout.Transposed(c, weights, depthwise ? ToDepthwise : ToOhwi, depthwise ? "dhwc" : "ohwi"),
            OptionalBias(c));
    }

    public static void ConvTranspose(LiftContext c)
    {
        (Shape x, Shape w) = Shapes(c);
        int groups = checked((int)c.Node.Int("group", 1));
        if (groups < 1 || w[0] % groups != 0 || w[0] != x[1])
        {
            throw c.Error("OnnxAttribute", $"weights {w} in {groups} groups do not fit {x}");
        }

        SpatialWindow window = SpatialWindow.OfTransposed(c, w.AsSpan()[2..]);
        SpatialWindow image = window.Image();
        var op = (TransposedConv2DOp)Windowed(new TransposedConv2DOp { Groups = groups, OutputPadH = image.Extra[0], OutputPadW = image.Extra[1] }, image);
        if (x.Rank == 5)
        {
            SpatialLayout.Over(c, VolumeConvolution.Spread(c, window, groups), op, VolumeConvolution.TransposedWeights(c, groups), OptionalBias(c));
            return;
        }

        // ONNX has [I, O/g, KH, KW]; a group's own output channels come first in the IR.
        Tensor weights = c.RequireConstant(1, "weights")
            .Reshape(new Shape(groups, w[0] / groups, w[1], image.Kernel[0], image.Kernel[1]))
            .Transpose(0, 2, 3, 4, 1)
            .Reshape(new Shape(groups * w[1], image.Kernel[0], image.Kernel[1], w[0] / groups));
        SpatialLayout.Over(c, SpatialLayout.ToImage(c, c.Input(0)), op, c.AddConstant(weights, "ohwi"), OptionalBias(c));
    }

    private static string OptionalBias(LiftContext c) => c.OptionalInput(2);

    private static ImageConvolutionOp Windowed(ImageConvolutionOp op, SpatialWindow window) => op with
    {
        StrideH = window.Strides[0],
        StrideW = window.Strides[1],
        DilationH = window.Dilations[0],
        DilationW = window.Dilations[1],
        PadTop = window.Before[0],
        PadBottom = window.After[0],
        PadLeft = window.Before[1],
        PadRight = window.After[1],
    };

    private static (Shape Image, Shape Weights) Shapes(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        Shape w = c.Spec(1).Shape;
        if (x.Rank is < 3 or > 5 || w.Rank != x.Rank)
        {
            throw c.Error("ConvolutionRank", $"images of one, two and three dimensions are convolved (input and weights of rank 3 to 5), found {x} and {w}", IpuErrorKind.NotSupported);
        }

        return c.Node.Ints("kernel_shape") is { } declared && !declared.SequenceEqual(w.Skip(2).Select(k => (long)k))
            ? throw c.Error("OnnxAttribute", $"'kernel_shape' is [{string.Join(", ", declared)}], the weights are {w}")
            : (x, w);
    }
}
