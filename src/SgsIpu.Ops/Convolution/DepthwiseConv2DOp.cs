using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

/// <summary>
/// Depthwise convolution of an image [N, H, W, C] with weights [1, KH, KW, C·m]: output channel c·m + j reads input channel c alone.
/// </summary>
public sealed record DepthwiseConv2DOp : ImageConvolutionOp
{
    private static readonly ImmutableArray<int> NativeSides = [3, 6, 9];

    /// <summary>None: the rule of ONNX's Conv makes it where the groups are the channels.</summary>
    public static ImmutableArray<ImportRule> Imports => [];

    public override string Name => "DepthwiseConv2D";

    public override ImmutableArray<Constraint> Constraints =>
    [
        ConvolutionConstraints.ConstantWeights,
        ConvolutionConstraints.TensorSize,
        ConvolutionConstraints.KernelArea,
        new(
            "a depthwise kernel is 3×3 (on newer chips also 6×6 or 9×9) with padding 0 or 1",
            (inputs, _, generation) => NativeKernel(inputs[1]!.Shape, generation) ? null : $"{inputs[1]!.Shape[1]}×{inputs[1]!.Shape[2]}, padding {PadTop}, {PadLeft}, {PadBottom}, {PadRight}",
            ConstraintRemedy.Converted),
    ];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        (TensorSpec image, TensorSpec weights) = CheckInputs(inputs, -1);
        Shape x = image.Shape;
        Shape w = weights.Shape;
        if (w[0] != 1 || x[3] == 0 || w[3] % x[3] != 0)
        {
            throw Mismatch($"weights are [1, height, width, multiple of the {x[3]} channels], found {w}");
        }

        int height = Slide(image, x[1], w[1], StrideH, PadTop, PadBottom, DilationH);
        int width = Slide(image, x[2], w[2], StrideW, PadLeft, PadRight, DilationW);
        return [new TensorType(image.Type, new Shape(x[0], height, width, w[3]))];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        Shape shape = emitter.Spec(node.Inputs[1]).Shape;
        string weights = emitter.Transposed(node.Inputs[1], node.Inputs[1] + "/oihw", 3, 0, 1, 2);
        EmitConvolution(emitter, node, "Conv", weights, emitter.Spec(node.Inputs[0]).Shape[3], new Shape(shape[1], shape[2]));
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Convolution(weightAxis: 3);

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        Shape shape = binding.Input(1).Shape;
        Func<short[]> stored = FixedConvolution.Weights(binding, binding.Input(0), binding.Input(1));

        ConvolutionSpec spec = FixedSpec(binding, shape[3]);

        // [KH, KW, C·m] to one kernel for each output channel.
        return FixedConvolution.Kernel(
            spec with { Groups = spec.Channels },
            () => Tensor.FromArray<short>(stored(), shape).Transpose(3, 1, 2, 0).As<short>().ToArray());
    }

    protected override long Macs(Shape image, Shape weights, Shape output) => output.Count * weights[1] * weights[2];

    private bool NativeKernel(Shape weights, SocGeneration generation)
    {
        int side = weights[1];
        bool sides = side == weights[2] && NativeSides.Contains(side) && (generation == SocGeneration.Newer || side == 3);
        return sides && PadTop <= 1 && PadBottom <= 1 && PadLeft <= 1 && PadRight <= 1;
    }
}
