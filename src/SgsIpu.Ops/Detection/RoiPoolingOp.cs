using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>What the poolings of regions share: an NHWC image, and regions [R, 5] of image, x1, y1, x2, y2 in units of the network's input.</summary>
/// <param name="Height">Bins from top to bottom of a region.</param>
/// <param name="Width">Bins from left to right.</param>
/// <param name="SpatialScale">Pixels of the image for each unit of a region.</param>
public abstract record RoiPoolingOp(int Height, int Width, float SpatialScale) : IpuOperator
{
    public override ImmutableArray<Constraint> Constraints =>
    [
        new("regions are N×5", (inputs, _, _) => inputs[1]!.Shape is { Rank: 2 } s && s[1] == 5 ? null : $"{inputs[1]!.Shape}", ConstraintRemedy.Refused),
    ];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        if (inputs.Count != 2 || inputs[0] is not { Shape.Rank: 4 } image || inputs[1] is not { Shape.Rank: 2 } regions || regions.Shape[1] != 5 || Height < 1 || Width < 1)
        {
            throw Mismatch("needs an image and regions [R, 5]");
        }

        return [new TensorType(image.Type, new Shape(regions.Shape[0], Height, Width, OutputChannels(image)))];
    }

    /// <summary>Regions have a range of their own, so that both inputs are INT16 and the output is requantized.</summary>
    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.General(2);

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    protected abstract int OutputChannels(TensorSpec image);

    /// <summary>Lifts a Caffe layer, whose regions may have two more dimensions of 1.</summary>
    protected static void Lift(LiftContext c, RoiPoolingOp op)
    {
        _ = c.Image();
        Shape regions = c.Spec(1).Shape;
        if (regions.Rank < 2 || regions[1] != 5 || regions.Skip(2).Any(d => d != 1))
        {
            throw c.Error("ShapeMismatch", $"regions are [R, 5], found {c.Spec(1)}");
        }

        c.AddImageOutput(op, c.Input(0), c.Reshaped(c.Input(1), new Shape(regions[0], 5), "regions"));
    }

    private protected FixedOperand Checked(FixedBinding binding, int index)
    {
        FixedOperand operand = FixedOperand.OfInput(binding, index);
        return operand.Type == DataType.Int16 ? operand : throw binding.NotSupported($"{Name} reads INT16");
    }

    /// <summary>The image that a region is of, within those that there are.</summary>
    protected static int ImageOf(short index, Kernels.Requantizer scale, int images) => Math.Clamp(scale.Apply(index), 0, images - 1);
}
