using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>The window that an ONNX node slides over an image of one, two or three dimensions: one value for each of them.</summary>
/// <param name="Before">Padding before each dimension.</param>
/// <param name="After">Padding after each dimension.</param>
/// <param name="Extra">Output padding of a transposed convolution.</param>
internal sealed record SpatialWindow(
    ImmutableArray<int> Kernel, ImmutableArray<int> Strides, ImmutableArray<int> Dilations, ImmutableArray<int> Before, ImmutableArray<int> After, ImmutableArray<int> Extra)
{
    public int Rank => Kernel.Length;

    /// <summary>The window of a convolution or a pooling over an input [N, C, ...].</summary>
    public static SpatialWindow Of(LiftContext c, ReadOnlySpan<int> kernel) => Read(c, kernel, transposed: false);

    /// <summary>The window of a transposed convolution, which may be given the size of its output.</summary>
    public static SpatialWindow OfTransposed(LiftContext c, ReadOnlySpan<int> kernel) => Read(c, kernel, transposed: true);

    /// <summary>The kernel as the attribute has it.</summary>
    public static int[] DeclaredKernel(LiftContext c)
    {
        long[] kernel = c.Node.Ints("kernel_shape") ?? throw c.Error("MissingAttribute", "kernel_shape is missing");
        int image = c.Spec(0).Shape.Rank - 2;
        if (image is < 1 or > 3 || kernel.Length != image || kernel.Any(k => k is < 1 or > int.MaxValue))
        {
            throw c.Error("PoolingRank", $"images of one, two and three dimensions are pooled (rank 3 to 5), found {c.Spec(0).Shape} with a window of [{string.Join(", ", kernel)}]", IpuErrorKind.NotSupported);
        }

        return [.. kernel.Select(k => (int)k)];
    }

    /// <summary>The last two dimensions; a line is an image of height 1.</summary>
    public SpatialWindow Image() => Rank == 1
        ? new SpatialWindow([1, .. Kernel], [1, .. Strides], [1, .. Dilations], [0, .. Before], [0, .. After], [0, .. Extra])
        : new SpatialWindow(Kernel[^2..], Strides[^2..], Dilations[^2..], Before[^2..], After[^2..], Extra[^2..]);

    /// <summary>The elements that a kernel reaches over along a dimension.</summary>
    public long Extent(int d) => ((long)(Kernel[d] - 1) * Dilations[d]) + 1;

    private static SpatialWindow Read(LiftContext c, ReadOnlySpan<int> kernel, bool transposed)
    {
        int rank = kernel.Length;
        string auto = c.Node.String("auto_pad", "NOTSET");
        if (auto is not ("NOTSET" or "VALID" or "SAME_UPPER" or "SAME_LOWER"))
        {
            throw c.Error("OnnxAttribute", $"'auto_pad' is NOTSET, VALID, SAME_UPPER or SAME_LOWER, found {auto}");
        }

        int[] pads = auto == "NOTSET" ? Ints(c, "pads", rank * 2, 0) : new int[rank * 2];
        int[] strides = Ints(c, "strides", rank, 1);
        int[] dilations = Ints(c, "dilations", rank, 1);
        if (strides.Contains(0) || dilations.Contains(0))
        {
            throw c.Error("OnnxAttribute", $"strides and dilations are at least 1, found [{string.Join(", ", strides)}] and [{string.Join(", ", dilations)}]");
        }

        var window = new SpatialWindow([.. kernel], [.. strides], [.. dilations], [.. pads[..rank]], [.. pads[rank..]], [.. transposed ? Ints(c, "output_padding", rank, 0) : new int[rank]]);
        bool same = auto is "SAME_UPPER" or "SAME_LOWER";
        long[]? wished = transposed ? c.Node.Ints("output_shape") : null;
        if (!same && wished is null)
        {
            return window;
        }

        if (wished is not null && (wished.Length < rank || wished.Any(w => w is < 1 or > int.MaxValue)))
        {
            throw c.Error("OnnxAttribute", $"'output_shape' has the sizes of the output, found [{string.Join(", ", wished)}]");
        }

        int[] before = new int[rank];
        int[] after = new int[rank];
        int[] extra = [.. window.Extra];
        for (int d = 0; d < rank; d++)
        {
            int size = c.Spec(0).Shape[d + 2];
            long total = transposed
                ? ((long)(size - 1) * strides[d]) + window.Extent(d) + extra[d] - (wished is null ? (long)size * strides[d] : wished[^(rank - d)])
                : Math.Max(0, (((((long)size + strides[d] - 1) / strides[d]) - 1) * strides[d]) + window.Extent(d) - size);
            if (total < 0)
            {
                extra[d] = checked((int)(extra[d] - total));
                continue;
            }

            // The odd element goes to the end for SAME_UPPER, else to the beginning.
            int small = checked((int)(total / 2));
            int large = checked((int)(total - small));
            (before[d], after[d]) = auto == "SAME_UPPER" ? (small, large) : (large, small);
        }

        return window with { Before = [.. before], After = [.. after], Extra = [.. extra] };
    }

    private static int[] Ints(LiftContext c, string attribute, int count, int fallback)
    {
        long[] values = c.Node.Ints(attribute) ?? [.. Enumerable.Repeat((long)fallback, count)];
        return values.Length == count && values.All(v => v is >= 0 and <= int.MaxValue)
            ? [.. values.Select(v => (int)v)]
            : throw c.Error("OnnxAttribute", $"'{attribute}' has {count} values that are not negative, found [{string.Join(", ", values)}]");
    }
}
