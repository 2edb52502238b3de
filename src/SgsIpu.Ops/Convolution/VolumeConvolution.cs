using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Convolutions over volumes, as convolutions over images whose channels come from several depths; see <see cref="ConvolutionImport"/>.</summary>
internal static class VolumeConvolution
{
    /// <summary>For each output depth an image with channels [group, depth of the kernel, channel of the group].</summary>
    public static string Unfolded(LiftContext c, SpatialWindow window, int groups) =>
        Unfolded(c, c.Add("ndhwc", new TransposeOp([0, 2, 3, 4, 1]), c.Input(0)), window, groups);

    /// <summary>As above for a volume [N, D, H, W, C].</summary>
    public static string Unfolded(LiftContext c, string x, SpatialWindow window, int groups)
    {
        Shape s = c.SpecOf(x).Shape;
        long room = (long)s[1] + window.Before[0] + window.After[0] - window.Extent(0);
        if (room < 0)
        {
            throw c.Error("ShapeMismatch", $"a window of {window.Kernel[0]} (dilation {window.Dilations[0]}) does not fit the depth of {c.Spec(0)} with padding {window.Before[0]} and {window.After[0]}");
        }

        x = Padded(c, x, window.Before[0], window.After[0]);
        return Gathered(c, x, [.. Enumerable.Range(0, window.Kernel[0]).Select(k => k * window.Dilations[0])], (int)(room / window.Strides[0]) + 1, window.Strides[0], groups);
    }

    /// <summary>As <see cref="Unfolded(LiftContext, SpatialWindow, int)"/> for a transposed convolution: zeros between the depths make it an ordinary one along the depth.</summary>
    public static string Spread(LiftContext c, SpatialWindow window, int groups)
    {
        string x = c.Add("ndhwc", new TransposeOp([0, 2, 3, 4, 1]), c.Input(0));
        Shape s = c.SpecOf(x).Shape;
        int stride = window.Strides[0];
        if (stride > 1)
        {
            string apart = c.Add("apart", new ReshapeOp(new Shape(s[0], s[1], 1, s[2] * s[3], s[4])), x);
            string zeros = c.Add("zeros", new PadOp([0, 0, 0, 0, 0], [0, 0, stride - 1, 0, 0]), apart);
            x = c.Add("spread", new ReshapeOp(new Shape(s[0], s[1] * stride, s[2], s[3], s[4])), zeros);
        }

        long depth = ((long)(s[1] - 1) * stride) + window.Extent(0) + window.Extra[0] - window.Before[0] - window.After[0];
        if (depth < 1)
        {
            throw c.Error("ShapeMismatch", $"padding {window.Before[0]} and {window.After[0]} leaves no depth of {c.Spec(0)}");
        }

        // Output depth o reads o + Before − k·dilation; what is before the volume or after it is zero.
        int reach = (window.Kernel[0] - 1) * window.Dilations[0];
        int before = Math.Max(0, reach - window.Before[0]);
        int after = checked((int)Math.Max(0, depth + window.Before[0] - ((long)s[1] * stride)));
        x = Padded(c, x, before, after);
        return Gathered(c, x, [.. Enumerable.Range(0, window.Kernel[0]).Select(k => before + window.Before[0] - (k * window.Dilations[0]))], checked((int)depth), 1, groups);
    }

    /// <summary>[O, C/g, KD, KH, KW] to [O, KH, KW, KD · C/g].</summary>
    public static string Weights(LiftContext c)
    {
        Shape w = c.Spec(1).Shape;
        string turned = SpatialLayout.Transposed(c, c.Input(1), [0, 3, 4, 2, 1], "ohwdi");
        return SpatialLayout.Reshaped(c, turned, new Shape(w[0], w[3], w[4], w[2] * w[1]), "ohwi");
    }

    /// <summary>[I, O/g, KD, KH, KW] to [O, KH, KW, KD · I/g].</summary>
    public static string TransposedWeights(LiftContext c, int groups)
    {
        Shape w = c.Spec(1).Shape;
        Tensor weights = c.RequireConstant(1, "weights")
            .Reshape(new Shape(groups, w[0] / groups, w[1], w[2], w[3], w[4]))
            .Transpose(0, 2, 4, 5, 3, 1)
            .Reshape(new Shape(groups * w[1], w[3], w[4], w[2] * (w[0] / groups)));
        return c.AddConstant(weights, "ohwi");
    }

    private static string Padded(LiftContext c, string x, int before, int after) =>
        before == 0 && after == 0 ? x : c.Add("padded", new PadOp([0, before, 0, 0, 0], [0, after, 0, 0, 0]), x);

    private static string Gathered(LiftContext c, string x, int[] starts, int depth, int stride, int groups)
    {
        Shape s = c.SpecOf(x).Shape;
        string[] parts =
        [
            .. starts.Select((start, k) => depth == s[1] && start == 0
                ? x
                : c.Add($"depth{k}", new SliceOp([0, start, 0, 0, 0], [s[0], depth, s[2], s[3], s[4]], [1, stride, 1, 1, 1]), x)),
        ];
        string joined = parts.Length == 1 ? parts[0] : c.Add("depths", new ConcatOp(4), parts);
        if (groups > 1 && parts.Length > 1)
        {
            int rows = checked((int)(c.SpecOf(joined).Shape.Count / ((long)parts.Length * s[4])));
            string split = c.Add("split", new ReshapeOp(new Shape(rows, parts.Length, groups, s[4] / groups)), joined);
            joined = c.Add("grouped", new TransposeOp([0, 2, 1, 3]), split);
        }

        return c.Add("images", new ReshapeOp(new Shape(s[0] * depth, s[2], s[3], s[4] * parts.Length)), joined);
    }
}
