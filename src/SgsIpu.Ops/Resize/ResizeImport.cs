using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>ONNX <c>Resize</c> and <c>Upsample</c>, which are one operator here for each interpolation.</summary>
internal static class ResizeImport
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Resize", static c => Lift(c, c.Opset >= 11 ? 2 : 1)),
        ImportRule.Onnx("Upsample", static c => Lift(c, 1)),
    ];

    private static void Lift(LiftContext c, int scalesInput)
    {
        Shape x = c.Spec(0).Shape;
        if (x.Rank != 4)
        {
            throw c.Error("ResizeRank", $"only images are resized (rank 4), found {x}", IpuErrorKind.NotSupported);
        }

        float[] scales = Scales(c, scalesInput);
        long[]? sizes = scales.Length == 0 && c.HasInput(3) ? c.RequireConstant(3, "sizes").ToLongs() : null;
        if (sizes is null && scales.Length == 0)
        {
            throw c.Error("MissingInput", "neither scales nor sizes are given");
        }

        long[] full = sizes ?? [.. x.Select((d, i) => (long)MathF.Floor(d * scales[i]))];
        if (full.Length != 4 || full[0] != x[0] || full[1] != x[1])
        {
            throw c.Error("ResizeAxes", $"only height and width are resized, found {x} to [{string.Join(", ", full)}]", IpuErrorKind.NotSupported);
        }

        float scaleH = sizes is null ? scales[2] : (float)sizes[2] / x[2];
        float scaleW = sizes is null ? scales[3] : (float)sizes[3] / x[3];
        bool old = scalesInput == 1;
        ResizeCoordinates coordinates = c.Node.String("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel") switch
        {
            "half_pixel" => ResizeCoordinates.HalfPixel,
            "pytorch_half_pixel" => ResizeCoordinates.PytorchHalfPixel,
            "align_corners" => ResizeCoordinates.AlignCorners,
            "asymmetric" => ResizeCoordinates.Asymmetric,
            var other => throw c.Error("ResizeCoordinates", $"coordinate transformation '{other}' is not supported", IpuErrorKind.NotSupported),
        };
        string mode = c.Node.String("mode", "nearest");
        string rounding = c.Node.String("nearest_mode", old ? "floor" : "round_prefer_floor");
        ResizeOp op = mode switch
        {
            "nearest" => new ResizeNearestOp((int)full[2], (int)full[3], scaleH, scaleW, coordinates, Rounding(c, rounding)),
            "linear" or "bilinear" => new ResizeBilinearOp((int)full[2], (int)full[3], scaleH, scaleW, coordinates),
            _ => throw c.Error("ResizeMode", $"interpolation '{mode}' is not supported; supported are nearest and linear", IpuErrorKind.NotSupported),
        };
        c.AddImageOutput(op, c.Input(0));
    }

    private static float[] Scales(LiftContext c, int input) =>
        c.Node.Floats("scales") ?? (c.HasInput(input) ? c.RequireConstant(input, "scales").ToFloats() : []);

    private static NearestRounding Rounding(LiftContext c, string name) => name switch
    {
        "round_prefer_floor" => NearestRounding.RoundPreferFloor,
        "round_prefer_ceil" => NearestRounding.RoundPreferCeil,
        "floor" => NearestRounding.Floor,
        "ceil" => NearestRounding.Ceil,
        _ => throw c.Error("ResizeRounding", $"nearest mode '{name}' is not supported", IpuErrorKind.NotSupported),
    };
}
