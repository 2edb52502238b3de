using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Resizes an NHWC image by the nearest pixel.</summary>
public sealed record ResizeNearestOp(int Height, int Width, float ScaleH, float ScaleW, ResizeCoordinates Coordinates, NearestRounding Rounding)
    : ResizeOp(Height, Width, ScaleH, ScaleW, Coordinates)
{
    public override string Name => "ResizeNearest";

    public override void EmitOnnx(OnnxEmitter emitter, Node node) => EmitResize(emitter, node, "nearest", ("nearest_mode", Rounding switch
    {
        NearestRounding.RoundPreferFloor => "round_prefer_floor",
        NearestRounding.RoundPreferCeil => "round_prefer_ceil",
        NearestRounding.Floor => "floor",
        _ => "ceil",
    }));

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        Shape x = binding.Input(0).Shape;
        int[] rows = [.. Enumerable.Range(0, Height).Select(o => Nearest(o, x[1], Height, ScaleH))];
        int[] columns = [.. Enumerable.Range(0, Width).Select(o => Nearest(o, x[2], Width, ScaleW))];
        int pixel = x[3] * binding.Output.Type.Bits() / 8;
        return new DelegateKernel((in a) =>
        {
            ReadOnlySpan<byte> source = a.Input(0);
            Span<byte> target = a.Output(0);
            for (int n = 0; n < x[0]; n++)
            {
                foreach (int row in rows)
                {
                    foreach (int column in columns)
                    {
                        source.Slice((((n * x[1]) + row) * x[2] + column) * pixel, pixel).CopyTo(target);
                        target = target[pixel..];
                    }
                }
            }
        });
    }

    private int Nearest(int position, int size, int output, float scale)
    {
        double at = Source(position, size, output, scale);
        double rounded = Rounding switch
        {
            NearestRounding.RoundPreferFloor => Math.Ceiling(at - 0.5),
            NearestRounding.RoundPreferCeil => Math.Floor(at + 0.5),
            NearestRounding.Floor => Math.Floor(at),
            _ => Math.Ceiling(at),
        };
        return (int)Math.Clamp(rounded, 0, size - 1);
    }
}
