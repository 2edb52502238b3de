using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>What an ONNX resize says of its sizes: scales or sizes, of all dimensions or of some, and the part of the image that is taken.</summary>
internal static class ResizeSizes
{
    public static IEnumerable<ResizeAxis> Of(LiftContext c, int scalesInput, ResizeCoordinates coordinates)
    {
        Shape x = c.Spec(0).Shape;
        int[] axes = c.Node.Ints("axes") is { } some ? [.. some.Select(a => x.Axis(checked((int)a)))] : [.. Enumerable.Range(0, x.Rank)];
        float[] given = c.Node.Floats("scales") ?? (c.HasInput(scalesInput) ? c.RequireConstant(scalesInput, "scales").ToFloats() : []);
        double[] scales = [.. given.Select(s => (double)s)];
        long[] sizes = [];
        if (scales.Length == 0)
        {
            sizes = c.HasInput(3) ? c.RequireConstant(3, "sizes").ToLongs() : throw c.Error("MissingInput", "neither scales nor sizes are given");
            scales = Scales(c, axes, sizes);
            string policy = c.Node.String("keep_aspect_ratio_policy", "stretch");
            if (policy != "stretch")
            {
                double scale = policy switch
                {
                    "not_larger" => scales.Min(),
                    "not_smaller" => scales.Max(),
                    _ => throw c.Error("OnnxAttribute", $"'keep_aspect_ratio_policy' is stretch, not_larger or not_smaller, found {policy}"),
                };
                scales = [.. scales.Select(_ => scale)];
                sizes = [.. axes.Select(a => (long)Math.Floor((scale * x[a]) + 0.5))];
            }
        }

        if (scales.Length != axes.Length || scales.Any(s => !(s > 0) || !double.IsFinite(s)))
        {
            throw c.Error("ResizeAxes", $"there is one positive scale for each of {axes.Length} dimensions, found [{string.Join(", ", scales)}]");
        }

        float[] region = coordinates == ResizeCoordinates.TfCropAndResize ? c.RequireConstant(1, "roi").ToFloats() : [];
        if (coordinates == ResizeCoordinates.TfCropAndResize && region.Length != 2 * axes.Length)
        {
            throw c.Error("ResizeAxes", $"'roi' has a start and an end for each of {axes.Length} dimensions, found {region.Length} values");
        }

        double elements = x.Select((d, i) => Array.IndexOf(axes, i) is var at && at < 0 ? d : sizes.Length > 0 ? sizes[at] : d * scales[at]).Aggregate(1.0, (a, b) => a * b);
        if (elements >= 1L << 31)
        {
            throw c.Error("TensorSize", $"the result has {elements:E2} elements; a tensor has fewer than 2^31");
        }

        // Scales are single precision in the file: their product with a size is, too.
        return axes.Select((a, i) => new ResizeAxis(
            a,
            checked((int)(sizes.Length > 0 ? sizes[i] : (long)MathF.Floor(x[a] * (float)scales[i]))),
            scales[i],
            region.Length > 0 ? region[i] : 0,
            region.Length > 0 ? region[axes.Length + i] : 1));
    }

    private static double[] Scales(LiftContext c, int[] axes, long[] sizes)
    {
        Shape x = c.Spec(0).Shape;
        return sizes.Length == axes.Length && sizes.All(s => s is > 0 and <= int.MaxValue) && axes.All(a => x[a] > 0)
            ? [.. sizes.Select((s, i) => (double)s / x[axes[i]])]
            : throw c.Error("ResizeAxes", $"there is one positive size for each of {axes.Length} dimensions, found [{string.Join(", ", sizes)}]");
    }
}
