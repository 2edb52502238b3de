using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>SSD's prior boxes, which depend on shapes alone: constants [1, 2, 4·boxes] of corners in parts of the picture, and variances.</summary>
internal static class CaffePriorBox
{
    private const int MostBoxes = 1 << 20;

    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Caffe("PriorBox", Lift)];

    private static void Lift(LiftContext c)
    {
        Shape layer = c.Image();
        float[] least = c.Reals("min_size");
        float[] most = c.Reals("max_size");
        if (least.Length == 0 || least.Any(s => s <= 0) || (most.Length > 0 && most.Length != least.Length) || most.Where((s, i) => s <= least[i]).Any())
        {
            throw c.Wrong("'min_size' are positive, and 'max_size' are larger and as many or absent");
        }

        (int H, int W) image = c.Node.Has("img_size") || c.Node.Has("img_h") || c.Node.Has("img_w")
            ? c.Pair("img_size", "img", 0, 1)
            : (c.Image(1)[2], c.Image(1)[3]);
        float stepH = c.Node.Float("step_h", c.Node.Float("step", 0));
        float stepW = c.Node.Float("step_w", c.Node.Float("step", 0));
        stepH = stepH == 0 ? (float)image.H / layer[2] : stepH;
        stepW = stepW == 0 ? (float)image.W / layer[3] : stepW;
        float offset = c.Node.Float("offset", 0.5f);
        (float W, float H)[] sizes = [.. Sizes(least, most, Ratios(c))];
        long count = (long)layer[2] * layer[3] * sizes.Length;
        if (count > MostBoxes)
        {
            throw c.Wrong($"{count} prior boxes are more than {MostBoxes}");
        }

        var values = new float[count * 8];
        int at = 0;
        for (int h = 0; h < layer[2]; h++)
        {
            for (int w = 0; w < layer[3]; w++)
            {
                float x = (w + offset) * stepW;
                float y = (h + offset) * stepH;
                foreach ((float width, float height) in sizes)
                {
                    values[at++] = (x - (width / 2)) / image.W;
                    values[at++] = (y - (height / 2)) / image.H;
                    values[at++] = (x + (width / 2)) / image.W;
                    values[at++] = (y + (height / 2)) / image.H;
                }
            }
        }

        if (c.Node.Bool("clip", false))
        {
            for (int i = 0; i < at; i++)
            {
                values[i] = Math.Clamp(values[i], 0, 1);
            }
        }

        float[] variance = c.Reals("variance") switch
        {
            [] => [0.1f, 0.1f, 0.1f, 0.1f],
            [var one] => [one, one, one, one],
            { Length: 4 } four => four,
            var other => throw c.Wrong($"'variance' has one value or four, found {other.Length}"),
        };
        for (int i = at; i < values.Length; i++)
        {
            values[i] = variance[i % 4];
        }

        c.BindConstant(0, Tensor.FromArray(values, 1, 2, at));
    }

    /// <summary>1 first, then each new ratio and, where they flip, its inverse.</summary>
    private static List<float> Ratios(LiftContext c)
    {
        bool flip = c.Node.Bool("flip", true);
        var ratios = new List<float> { 1 };
        foreach (float ratio in c.Reals("aspect_ratio"))
        {
            if (ratio <= 0)
            {
                throw c.Wrong($"'aspect_ratio' are positive, found {ratio}");
            }

            if (ratios.All(r => Math.Abs(r - ratio) >= 1e-6))
            {
                ratios.Add(ratio);
                if (flip)
                {
                    ratios.Add(1 / ratio);
                }
            }
        }

        return ratios;
    }

    private static IEnumerable<(float Width, float Height)> Sizes(float[] least, float[] most, List<float> ratios)
    {
        for (int i = 0; i < least.Length; i++)
        {
            yield return (least[i], least[i]);
            if (most.Length > 0)
            {
                float mean = MathF.Sqrt(least[i] * most[i]);
                yield return (mean, mean);
            }

            foreach (float ratio in ratios.Where(r => Math.Abs(r - 1) >= 1e-6))
            {
                float root = MathF.Sqrt(ratio);
                yield return (least[i] * root, least[i] / root);
            }
        }
    }
}
