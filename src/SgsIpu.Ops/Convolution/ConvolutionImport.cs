using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>How ONNX's <c>Conv</c> and <c>ConvTranspose</c> become image convolutions.</summary>
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
        Window window = Window.Of(c, w);
        (int top, int bottom) = window.Pads(c, 0, x[2], w[2]);
        (int left, int right) = window.Pads(c, 1, x[3], w[3]);
        bool depthwise = groups > 1 && groups == x[1] && w[1] == 1;
        string weights = Permuted(c, depthwise ? ToDepthwise : ToOhwi, depthwise ? "dhwc" : "ohwi");
        ImageConvolutionOp op = depthwise ? new DepthwiseConv2DOp() : new Conv2DOp { Groups = groups };
        c.AddImageOutput(
            op with
            {
                StrideH = window.Strides[0],
                StrideW = window.Strides[1],
                DilationH = window.Dilations[0],
                DilationW = window.Dilations[1],
                PadTop = top,
                PadBottom = bottom,
                PadLeft = left,
                PadRight = right,
            },
            Inputs(c, weights));
    }

    public static void ConvTranspose(LiftContext c)
    {
        (Shape x, Shape w) = Shapes(c);
        int groups = checked((int)c.Node.Int("group", 1));
        if (groups < 1 || w[0] % groups != 0)
        {
            throw c.Error("OnnxAttribute", $"weights {w} cannot be divided into {groups} groups");
        }

        Window window = Window.Of(c, w);
        int[] extra = Ints(c, "output_padding", 0);
        (int top, int bottom, int extraH) = window.TransposedPads(c, 0, x[2], w[2], extra[0]);
        (int left, int right, int extraW) = window.TransposedPads(c, 1, x[3], w[3], extra[1]);

        // ONNX has [I, O/g, KH, KW]; a group's own output channels come first in the IR.
        Tensor weights = c.RequireConstant(1, "weights")
            .Reshape(new Shape(groups, w[0] / groups, w[1], w[2], w[3]))
            .Transpose(0, 2, 3, 4, 1)
            .Reshape(new Shape(groups * w[1], w[2], w[3], w[0] / groups));
        c.AddImageOutput(
            new TransposedConv2DOp
            {
                Groups = groups,
                StrideH = window.Strides[0],
                StrideW = window.Strides[1],
                DilationH = window.Dilations[0],
                DilationW = window.Dilations[1],
                PadTop = top,
                PadBottom = bottom,
                PadLeft = left,
                PadRight = right,
                OutputPadH = extraH,
                OutputPadW = extraW,
            },
            Inputs(c, c.AddConstant(weights, "ohwi")));
    }

    private static string[] Inputs(LiftContext c, string weights) => c.HasInput(2) ? [c.Input(0), weights, c.Input(2)] : [c.Input(0), weights];

    private static (Shape Image, Shape Weights) Shapes(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        Shape w = c.Spec(1).Shape;
        return x.Rank == 4 && w.Rank == 4
            ? (x, w)
            : throw c.Error("ConvolutionRank", $"only images are convolved (input and weights of rank 4), found {x} and {w}", IpuErrorKind.NotSupported);
    }

    private static string Permuted(LiftContext c, int[] permutation, string hint) => c.Constant(1) is { } constant
        ? c.AddConstant(constant.Transpose(permutation), hint)
        : c.Add(hint, new TransposeOp([.. permutation]), c.Input(1));

    /// <summary>An attribute with one value for each image dimension.</summary>
    private static int[] Ints(LiftContext c, string attribute, int fallback)
    {
        long[] values = c.Node.Ints(attribute) ?? [fallback, fallback];
        return values.Length == 2 && values.All(v => v is >= 0 and <= int.MaxValue)
            ? [(int)values[0], (int)values[1]]
            : throw c.Error("OnnxAttribute", $"'{attribute}' has two values that are not negative, found [{string.Join(", ", values)}]");
    }

    /// <summary>Strides, dilations and the padding rule of a node.</summary>
    private sealed record Window(int[] Strides, int[] Dilations, string AutoPad, long[] Explicit, long[]? OutputShape)
    {
        public static Window Of(LiftContext c, Shape weights)
        {
            int[] kernel = [weights[2], weights[3]];
            if (c.Node.Ints("kernel_shape") is { } declared && !declared.SequenceEqual(kernel.Select(k => (long)k)))
            {
                throw c.Error("OnnxAttribute", $"'kernel_shape' is [{string.Join(", ", declared)}], the weights are {weights}");
            }

            string auto = c.Node.String("auto_pad", "NOTSET");
            if (auto is not ("NOTSET" or "VALID" or "SAME_UPPER" or "SAME_LOWER"))
            {
                throw c.Error("OnnxAttribute", $"'auto_pad' is NOTSET, VALID, SAME_UPPER or SAME_LOWER, found {auto}");
            }

            long[] pads = c.Node.Ints("pads") ?? [0, 0, 0, 0];
            if (pads.Length != 4 || pads.Any(p => p is < 0 or > int.MaxValue))
            {
                throw c.Error("OnnxAttribute", $"'pads' has four values that are not negative, found [{string.Join(", ", pads)}]");
            }

            int[] strides = Ints(c, "strides", 1);
            int[] dilations = Ints(c, "dilations", 1);
            if (strides.Contains(0) || dilations.Contains(0))
            {
                throw c.Error("OnnxAttribute", $"strides and dilations are at least 1, found [{string.Join(", ", strides)}] and [{string.Join(", ", dilations)}]");
            }

            long[]? outputShape = c.Node.Ints("output_shape");
            return new Window(strides, dilations, auto, auto == "NOTSET" ? pads : [0, 0, 0, 0], outputShape is { Length: > 2 } full ? full[^2..] : outputShape);
        }

        public (int Before, int After) Pads(LiftContext c, int axis, int size, int kernel)
        {
            if (AutoPad is not ("SAME_UPPER" or "SAME_LOWER"))
            {
                return ((int)Explicit[axis], (int)Explicit[axis + 2]);
            }

            if (size < 1)
            {
                throw c.Error("OnnxAttribute", "an empty image cannot be padded to the same size");
            }

            long steps = ((long)size + Strides[axis] - 1) / Strides[axis];
            long total = Math.Max(0, ((steps - 1) * Strides[axis]) + ((long)(kernel - 1) * Dilations[axis]) + 1 - size);
            return Share(total, AutoPad == "SAME_UPPER");
        }

        /// <summary>Padding and output padding; with a wished output size the rest is shared as ONNX Runtime does.</summary>
        public (int Before, int After, int Extra) TransposedPads(LiftContext c, int axis, int size, int kernel, int extra)
        {
            bool same = AutoPad is "SAME_UPPER" or "SAME_LOWER";
            if (OutputShape is null && !same)
            {
                return ((int)Explicit[axis], (int)Explicit[axis + 2], extra);
            }

            if (OutputShape is { Length: not 2 })
            {
                throw c.Error("OnnxAttribute", $"'output_shape' has the height and width of the output, found [{string.Join(", ", OutputShape)}]");
            }

            long wished = OutputShape is null ? (long)size * Strides[axis] : OutputShape[axis];
            long total = ((long)(size - 1) * Strides[axis]) + ((long)(kernel - 1) * Dilations[axis]) + 1 + extra - wished;
            if (total < 0)
            {
                return (0, 0, checked((int)(extra - total)));
            }

            (int before, int after) = Share(total, AutoPad == "SAME_UPPER");
            return (before, after, extra);
        }

        /// <summary>The odd row goes to the end for SAME_UPPER, else to the beginning.</summary>
        private static (int Before, int After) Share(long total, bool upper)
        {
            int small = checked((int)(total / 2));
            int large = checked((int)(total - small));
            return upper ? (small, large) : (large, small);
        }
    }
}
