using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Caffe's resizes: <c>Upsample</c> repeats pixels, <c>Interp</c> interpolates between corners that meet.</summary>
internal static class CaffeResize
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Caffe("Interp", Interp),
        ImportRule.Caffe("Upsample", Upsample),
    ];

    private static void Upsample(LiftContext c)
    {
        Shape x = c.Image();
        if (c.InputCount > 1)
        {
            throw c.Error("CaffeParameter", "an upsampling to the places of a pooling's maxima (a second bottom) is not supported", IpuErrorKind.NotSupported);
        }

        (int H, int W) scale = c.Pair("scale", "scale", 2, 1);
        c.AddImageOutput(
            new ResizeNearestOp(checked(x[2] * scale.H), checked(x[3] * scale.W), scale.H, scale.W, ResizeCoordinates.Asymmetric, NearestRounding.Floor),
            c.Input(0));
    }

    private static void Interp(LiftContext c)
    {
        Shape x = c.Image();
        int before = -Cropped(c, "pad_beg");
        int after = -Cropped(c, "pad_end");
        string image = c.ToNhwc(c.Input(0));
        if (before + after > 0)
        {
            int[] sizes = [x[0], x[2] - before - after, x[3] - before - after, x[1]];
            image = c.Add("cropped", new SliceOp([0, before, before, 0], [.. sizes], [1, 1, 1, 1]), image);
        }

        Shape inner = c.SpecOf(image).Shape;
        (int h, int w) = c.InputCount > 1
            ? (c.Image(1)[2], c.Image(1)[3])
            : (Sized(c, "height", inner[1]), Sized(c, "width", inner[2]));
        var op = new ResizeBilinearOp(h, w, (float)h / inner[1], (float)w / inner[2], ResizeCoordinates.AlignCorners);
        c.AddOutput(0, new TransposeOp([0, 3, 1, 2]), c.Add("resized", op, image));
    }

    /// <summary>Interp's padding is not positive: it crops.</summary>
    private static int Cropped(LiftContext c, string name)
    {
        long value = c.Node.Int(name, 0);
        return value is <= 0 and > -4096 ? (int)value : throw c.Wrong($"'{name}' crops and is not positive, found {value}");
    }

    private static int Sized(LiftContext c, string side, int size)
    {
        if (c.Node.Has(side))
        {
            return c.Size(side, 0);
        }

        int shrink = c.Size("shrink_factor", 1);
        int zoom = c.Size("zoom_factor", 1);
        int less = ((size - 1) / shrink) + 1;
        return checked(less + ((less - 1) * (zoom - 1)));
    }
}
