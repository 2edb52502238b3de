using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>What the resizes of NHWC images share.</summary>
/// <param name="Height">Rows of the output.</param>
/// <param name="Width">Columns of the output.</param>
/// <param name="ScaleH">Output rows for each input row, as the model says it; it need not be their exact ratio.</param>
public abstract record ResizeOp(int Height, int Width, float ScaleH, float ScaleW, ResizeCoordinates Coordinates) : IpuOperator
{
    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        TensorSpec x = inputs[0]!;
        return x.Shape.Rank == 4 && Height > 0 && Width > 0
            ? [new TensorType(x.Type, new Shape(x.Shape[0], Height, Width, x.Shape[3]))]
            : throw Mismatch($"{x} cannot be resized to {Height}×{Width}");
    }

    public override int? ChannelOf(int input, IReadOnlyList<TensorSpec?> inputs, TensorSpec output) => 0;

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Preserving();

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    public override long? InputRows(int rows, IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) =>
        (((long)rows * inputs[0]!.Shape[1]) / Height) + 2;

    /// <summary>The place in the input of an output position along one dimension, in pixels.</summary>
    protected double Source(int position, int size, int output, float scale) => new ResizeAxis(0, output, scale).Source(Coordinates, position, size);

    protected string OnnxCoordinates => Coordinates switch
    {
        ResizeCoordinates.HalfPixel => "half_pixel",
        ResizeCoordinates.PytorchHalfPixel => "pytorch_half_pixel",
        ResizeCoordinates.AlignCorners => "align_corners",
        _ => "asymmetric",
    };

    /// <summary>Emits by scales where they give the size (so that coordinates are the model's own), else by sizes.</summary>
    protected void EmitResize(OnnxEmitter emitter, Node node, string mode, params ReadOnlySpan<(string Name, object Value)> more)
    {
        Shape x = emitter.Spec(node.Inputs[0]).Shape;
        bool byScale = (int)MathF.Floor(x[1] * ScaleH) == Height && (int)MathF.Floor(x[2] * ScaleW) == Width;
        string[] inputs = byScale
            ? [emitter.ChannelsFirst(node.Inputs[0]), "", emitter.Constant(Tensor.FromArray<float>([1f, 1, ScaleH, ScaleW], 4), "scales")]
            : [emitter.ChannelsFirst(node.Inputs[0]), "", "", emitter.Constant([x[0], x[3], Height, Width], "sizes")];
        emitter.Add("Resize", inputs, [emitter.DefineChannelsFirst(node.Outputs[0])], [("mode", mode), ("coordinate_transformation_mode", OnnxCoordinates), .. more]);
    }
}
