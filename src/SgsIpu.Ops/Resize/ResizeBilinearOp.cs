using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

/// <summary>Resizes an NHWC image by bilinear interpolation, without antialiasing.</summary>
public sealed record ResizeBilinearOp(int Height, int Width, float ScaleH, float ScaleW, ResizeCoordinates Coordinates)
    : ResizeOp(Height, Width, ScaleH, ScaleW, Coordinates)
{
    public override string Name => "ResizeBilinear";

    public override void EmitOnnx(OnnxEmitter emitter, Node node) => EmitResize(emitter, node, "linear");

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        Shape x = binding.Input(0).Shape;
        var size = (x[0], x[1], x[2], x[3]);
        (int, int, int)[] rows = Taps(x[1], Height, ScaleH);
        (int, int, int)[] columns = Taps(x[2], Width, ScaleW);
        switch (binding.Input(0).Type)
        {
            case DataType.UInt8:
                var bytes = new BilinearKernel<byte>(size, rows, columns);
                return new DelegateKernel((in a) => bytes.Run(a.Input<byte>(0), a.Output<byte>(0), a.Threads));
            case DataType.Int16:
                var shorts = new BilinearKernel<short>(size, rows, columns);
                return new DelegateKernel((in a) => shorts.Run(a.Input<short>(0), a.Output<short>(0), a.Threads));
            default:
                throw binding.NotSupported($"{Name} has no integer form for {binding.Input(0).Type}");
        }
    }

    private (int First, int Second, int Weight)[] Taps(int size, int output, float scale) =>
    [
        .. Enumerable.Range(0, output).Select(o =>
        {
            double at = Math.Clamp(Source(o, size, output, scale), 0, size - 1);
            int first = (int)at;
            return (first, Math.Min(first + 1, size - 1), (int)Math.Round((at - first) * BilinearKernel<byte>.One, MidpointRounding.ToEven));
        }),
    ];
}
