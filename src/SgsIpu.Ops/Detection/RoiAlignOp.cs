using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels.Detection;

namespace SgsIpu.Ops;

/// <summary>
/// The mean of samples between the pixels of each bin of a region, without rounding its corners: an NHWC image, regions [R, 4] of x1, y1, x2,
/// y2, and the picture [R] of the batch that each is of. Source: He et al., "Mask R-CNN", section 3.
/// </summary>
/// <param name="Height">Bins from top to bottom of a region.</param>
/// <param name="Width">Bins from left to right.</param>
/// <param name="SpatialScale">Pixels of the image for each unit of a region.</param>
/// <param name="Samples">Samples along each side of a bin; 0 for as many as a bin has pixels.</param>
/// <param name="HalfPixel">True where the centre of the first pixel is at ½, false where it is at 0 and a region has at least one pixel.</param>
public sealed record RoiAlignOp(int Height, int Width, float SpatialScale = 1, int Samples = 0, bool HalfPixel = true) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Onnx("RoiAlign", Lift)];

    public override string Name => "RoiAlign";

    public override ImmutableArray<Constraint> Constraints => [ConvolutionConstraints.TensorSize];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return inputs.Count >= 3 && inputs[0] is { Shape.Rank: 4 } x && inputs[1] is { Shape.Rank: 2 } rois && rois.Shape[1] == 4
            && inputs[2] is { Type: DataType.Int64 } pictures && pictures.Shape == new Shape(rois.Shape[0]) && x.Shape.Count > 0 && Height > 0 && Width > 0 && Samples >= 0
            ? [new TensorType(x.Type, new Shape(rois.Shape[0], Height, Width, x.Shape[3]))]
            : throw Mismatch("needs an image, regions [R, 4] and the picture [R] of each");
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        emitter.Add(
            "RoiAlign",
            [emitter.ChannelsFirst(node.Inputs[0]), emitter.Native(node.Inputs[1]), emitter.Native(node.Inputs[2])],
            [emitter.DefineChannelsFirst(node.Outputs[0])],
            ("output_height", (long)Height),
            ("output_width", (long)Width),
            ("spatial_scale", SpatialScale),
            ("sampling_ratio", (long)Samples),
            ("coordinate_transformation_mode", HalfPixel ? "half_pixel" : "output_half_pixel"));
    }

    /// <summary>Regions have a range of their own, so that both are INT16 and the output is requantized.</summary>
    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.General(2);

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        FixedOperand x = FixedOperand.OfInput(binding, 0);
        FixedOperand rois = FixedOperand.OfInput(binding, 1);
        FixedOperand y = FixedOperand.OfOutput(binding);
        if (x.Type != DataType.Int16 || rois.Type != DataType.Int16 || y.Type != DataType.Int16)
        {
            throw binding.NotSupported($"{x.Type}, {rois.Type} to {y.Type}; Int16 is supported");
        }

        Shape s = x.Shape;
        var kernel = new RoiAlignKernel((s[0], s[1], s[2], s[3]), (Height, Width), Samples, rois.Scale * SpatialScale, HalfPixel, y.Range, x.Scale / y.Scale);
        return new DelegateKernel(
            (in FixedArguments a) => kernel.Run(a.Input<short>(0), a.Input<short>(1), a.Input<long>(2), a.Output<short>(0), MemoryMarshal.Cast<byte, long>(a.Workspace)),
            kernel.WorkspaceElements * sizeof(long));
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        return OperatorCost.Of(inputs, outputs, outputs[0].Shape.Count * 4 * Math.Max(1, Samples * Samples));
    }

    private static void Lift(LiftContext c)
    {
        if (c.Node.String("mode", "avg") is var mode && mode != "avg")
        {
            throw c.Error("RoiAlignMode", $"bins take the mean ('avg') of their samples, found '{mode}'", IpuErrorKind.NotSupported);
        }

        bool half = c.Node.String("coordinate_transformation_mode", c.Opset < 16 ? "output_half_pixel" : "half_pixel") switch
        {
            "half_pixel" => true,
            "output_half_pixel" => false,
            var other => throw c.Error("OnnxAttribute", $"'coordinate_transformation_mode' is half_pixel or output_half_pixel, found {other}"),
        };
        var op = new RoiAlignOp((int)c.Node.Int("output_height", 1), (int)c.Node.Int("output_width", 1), c.Node.Float("spatial_scale", 1), (int)c.Node.Int("sampling_ratio", 0), half);
        c.AddImageOutput(op, c.Input(0), c.Input(1), c.Input(2));
    }
}
