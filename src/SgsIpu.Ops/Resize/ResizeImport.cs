using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// ONNX <c>Resize</c> and <c>Upsample</c>. Images whose height and width are resized in the usual ways have operators of their own; a nearest
/// neighbour of other dimensions takes elements along each of them; everything else is <see cref="ResizeSeparableOp"/>.
/// </summary>
internal static class ResizeImport
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Resize", Lift),
        ImportRule.Onnx("Upsample", Lift),
    ];

    private static void Lift(LiftContext c)
    {
        bool old = c.Node.OpType == "Upsample" || c.Opset < 11;
        ResizeCoordinates coordinates = c.Node.String("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel") switch
        {
            "half_pixel" => ResizeCoordinates.HalfPixel,
            "pytorch_half_pixel" => ResizeCoordinates.PytorchHalfPixel,
            "align_corners" => ResizeCoordinates.AlignCorners,
            "asymmetric" => ResizeCoordinates.Asymmetric,
            "half_pixel_symmetric" => ResizeCoordinates.HalfPixelSymmetric,
            "tf_half_pixel_for_nn" => ResizeCoordinates.TfHalfPixelForNn,
            "tf_crop_and_resize" => ResizeCoordinates.TfCropAndResize,
            var other => throw c.Error("ResizeCoordinates", $"coordinate transformation '{other}' is not known", IpuErrorKind.NotSupported),
        };
        ResizeAxis[] axes = [.. ResizeSizes.Of(c, old ? 1 : 2, coordinates).Where(a => coordinates == ResizeCoordinates.TfCropAndResize || a.Scale != 1 || a.Size != c.Spec(0).Shape[a.Axis])];
        string mode = c.Node.String("mode", "nearest");
        if (mode == "nearest")
        {
            Nearest(c, axes, coordinates, Rounding(c, c.Node.String("nearest_mode", old ? "floor" : "round_prefer_floor")));
            return;
        }

        var filter = new ResizeFilter(
            mode switch
            {
                "cubic" => true,
                "linear" or "bilinear" => false,
                _ => throw c.Error("ResizeMode", $"interpolation '{mode}' is not known; known are nearest, linear and cubic", IpuErrorKind.NotSupported),
            },
            c.Node.Float("cubic_coeff_a", -0.75f),
            c.Node.Int("antialias", 0) != 0,
            c.Node.Int("exclude_outside", 0) != 0);
        if (axes.Length == 0)
        {
            c.Bind(0, c.Input(0));
        }
        else if (!filter.Cubic && !filter.Antialias && !filter.ExcludeOutside && IsUsual(c, axes, coordinates))
        {
            (ResizeAxis h, ResizeAxis w) = Image(c, axes);
            c.AddImageOutput(new ResizeBilinearOp(h.Size, w.Size, (float)h.Scale, (float)w.Scale, coordinates), c.Input(0));
        }
        else if (c.Spec(0).Shape.Rank == 4)
        {
            var op = new ResizeSeparableOp([.. axes], coordinates, filter, c.Node.Float("extrapolation_value", 0));
            c.AddImageOutput((IpuOperator)op.Permuted([0, 3, 1, 2], []), c.Input(0));
        }
        else
        {
            c.AddOutput(0, new ResizeSeparableOp([.. axes], coordinates, filter, c.Node.Float("extrapolation_value", 0)), c.Input(0));
        }
    }

    private static void Nearest(LiftContext c, ResizeAxis[] axes, ResizeCoordinates coordinates, NearestRounding rounding)
    {
        if (axes.Length == 0)
        {
            c.Bind(0, c.Input(0));
            return;
        }

        if (IsUsual(c, axes, coordinates))
        {
            (ResizeAxis h, ResizeAxis w) = Image(c, axes);
            c.AddImageOutput(new ResizeNearestOp(h.Size, w.Size, (float)h.Scale, (float)w.Scale, coordinates, rounding), c.Input(0));
            return;
        }

        string value = c.Input(0);
        Shape x = c.Spec(0).Shape;
        foreach (ResizeAxis axis in axes)
        {
            if (Enumerable.Range(0, axis.Size).Any(o => axis.IsOutside(coordinates, o, x[axis.Axis])))
            {
                throw c.Error("ResizeOutside", "a nearest neighbour outside of the image (tf_crop_and_resize) is not supported; linear interpolation is", IpuErrorKind.NotSupported);
            }

            long[] indices = [.. Enumerable.Range(0, axis.Size).Select(o => (long)axis.Nearest(coordinates, rounding, o, x[axis.Axis]))];
            value = c.Add($"along{axis.Axis}", new GatherOp(axis.Axis), value, c.AddConstant(Tensor.FromArray<long>(indices, new Shape(indices.Length)), "indices"));
        }

        c.Bind(0, value);
    }

    /// <summary>Height and width of an image, by scales that give the sizes where these matter.</summary>
    private static bool IsUsual(LiftContext c, ResizeAxis[] axes, ResizeCoordinates coordinates)
    {
        Shape x = c.Spec(0).Shape;
        bool exact = coordinates != ResizeCoordinates.AlignCorners || axes.All(a => Math.Abs((a.Scale * x[a.Axis]) - a.Size) < 1e-4 * a.Size);
        return x.Rank == 4 && coordinates <= ResizeCoordinates.Asymmetric && exact && axes.All(a => a.Axis >= 2);
    }

    private static (ResizeAxis H, ResizeAxis W) Image(LiftContext c, ResizeAxis[] axes)
    {
        Shape x = c.Spec(0).Shape;
        ResizeAxis Along(int d) => axes.FirstOrDefault(a => a.Axis == d) ?? new ResizeAxis(d, x[d], 1);
        return (Along(2), Along(3));
    }

    private static NearestRounding Rounding(LiftContext c, string name) => name switch
    {
        "round_prefer_floor" => NearestRounding.RoundPreferFloor,
        "round_prefer_ceil" => NearestRounding.RoundPreferCeil,
        "floor" => NearestRounding.Floor,
        "ceil" => NearestRounding.Ceil,
        _ => throw c.Error("ResizeRounding", $"nearest mode '{name}' is not supported", IpuErrorKind.NotSupported),
    };
}
