using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

/// <summary>
/// The largest value of each bin of a region whose corners are rounded to pixels; 0 for a bin without any. Source: Girshick, "Fast R-CNN",
/// and its ROIPooling layer.
/// </summary>
public sealed record MaxRoiPoolOp(int Height, int Width, float SpatialScale) : RoiPoolingOp(Height, Width, SpatialScale)
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("MaxRoiPool", static c => Lift(
            c,
            c.Node.Ints("pooled_shape") is [> 0 and < 1 << 15 and var height, > 0 and < 1 << 15 and var width]
                ? new MaxRoiPoolOp((int)height, (int)width, c.Node.Float("spatial_scale", 1))
                : throw c.Error("OnnxAttribute", "'pooled_shape' is a height and a width of at least 1"))),
        ImportRule.Caffe("ROIPooling", static c => Lift(c, new MaxRoiPoolOp(c.Size("pooled_h", 0), c.Size("pooled_w", 0), c.Node.Float("spatial_scale", 1)))),
    ];

    public override string Name => "MaxRoiPool";

    public override void EmitOnnx(OnnxEmitter emitter, Node node) => emitter.Add(
        "MaxRoiPool",
        [emitter.ChannelsFirst(node.Inputs[0]), emitter.Native(node.Inputs[1])],
        [emitter.DefineChannelsFirst(node.Outputs[0])],
        ("pooled_shape", OnnxEmitter.Longs([Height, Width])),
        ("spatial_scale", SpatialScale));

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        FixedOperand x = Checked(binding, 0);
        FixedOperand rois = Checked(binding, 1);
        FixedOperand y = FixedOperand.OfOutput(binding);
        if (y.Type != DataType.Int16)
        {
            throw binding.NotSupported($"{Name} writes INT16");
        }

        Requantizer output = Requantizer.FromScale(x.Scale / y.Scale);
        Requantizer pixels = Requantizer.FromScale(rois.Scale * SpatialScale);
        Requantizer index = Requantizer.FromScale(rois.Scale);
        Shape image = x.Shape;
        return new DelegateKernel((in FixedArguments a) => Run(a.Input<short>(0), a.Input<short>(1), a.Output<short>(0), image, output, pixels, index));
    }

    protected override int OutputChannels(TensorSpec image) => image.Shape[3];

    private void Run(ReadOnlySpan<short> x, ReadOnlySpan<short> rois, Span<short> y, Shape image, Requantizer output, Requantizer pixels, Requantizer index)
    {
        (int h, int w, int channels) = (image[1], image[2], image[3]);
        int at = 0;
        for (int r = 0; r < rois.Length; r += 5)
        {
            ReadOnlySpan<short> picture = x[(ImageOf(rois[r], index, image[0]) * h * w * channels)..];
            int left = pixels.Apply((int)rois[r + 1]);
            int top = pixels.Apply((int)rois[r + 2]);
            int width = Math.Max(pixels.Apply((int)rois[r + 3]) - left + 1, 1);
            int height = Math.Max(pixels.Apply((int)rois[r + 4]) - top + 1, 1);
            for (int ph = 0; ph < Height; ph++)
            {
                (int y0, int y1) = Bin(ph, Height, height, top, h);
                for (int pw = 0; pw < Width; pw++, at += channels)
                {
                    (int x0, int x1) = Bin(pw, Width, width, left, w);
                    Pool(picture, y.Slice(at, channels), (y0, y1), (x0, x1), w, output);
                }
            }
        }
    }

    private static void Pool(ReadOnlySpan<short> picture, Span<short> y, (int From, int To) rows, (int From, int To) columns, int w, Requantizer output)
    {
        bool empty = rows.To <= rows.From || columns.To <= columns.From;
        y.Fill(empty ? (short)0 : short.MinValue);
        for (int row = rows.From; row < rows.To; row++)
        {
            for (int column = columns.From; column < columns.To; column++)
            {
                ReadOnlySpan<short> pixel = picture.Slice(((row * w) + column) * y.Length, y.Length);
                for (int c = 0; c < y.Length; c++)
                {
                    y[c] = Math.Max(y[c], pixel[c]);
                }
            }
        }

        for (int c = 0; c < y.Length; c++)
        {
            y[c] = (short)Math.Clamp(output.Apply((int)y[c]), -short.MaxValue, short.MaxValue);
        }
    }

    private static (int From, int To) Bin(int bin, int bins, int size, int start, int limit) => (
        Math.Clamp((int)((long)bin * size / bins) + start, 0, limit),
        Math.Clamp((int)((((bin + 1L) * size) + bins - 1) / bins) + start, 0, limit));
}
