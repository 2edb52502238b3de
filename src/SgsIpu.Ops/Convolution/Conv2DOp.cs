using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

/// <summary>
/// Two-dimensional convolution of an image [N, H, W, I] with weights [O, KH, KW, I / <see cref="Groups"/>]; output channel o reads the
/// input channels of group o / (O / Groups).
/// </summary>
public sealed record Conv2DOp : ImageConvolutionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Onnx("Conv", ConvolutionImport.Conv)];

    public int Groups { get; init; } = 1;

    public override string Name => "Conv2D";

    public override ImmutableArray<Constraint> Constraints =>
    [
        ConvolutionConstraints.ConstantWeights,
        ConvolutionConstraints.TensorSize,
        ConvolutionConstraints.KernelArea,
        ConvolutionConstraints.WeightVolume,
        ConvolutionConstraints.Ungrouped(Groups),
    ];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        (TensorSpec image, TensorSpec weights) = CheckInputs(inputs, 0);
        Shape x = image.Shape;
        Shape w = weights.Shape;
        if (Groups < 1 || w[0] % Groups != 0 || (long)w[3] * Groups != x[3])
        {
            throw Mismatch($"weights {w} in {Groups} groups do not fit an image of {x[3]} channels");
        }

        int height = Slide(image, x[1], w[1], StrideH, PadTop, PadBottom, DilationH);
        int width = Slide(image, x[2], w[2], StrideW, PadLeft, PadRight, DilationW);
        return [new TensorType(image.Type, new Shape(x[0], height, width, w[0]))];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        Shape weights = emitter.Spec(node.Inputs[1]).Shape;

        // OHWI to OIHW is the same permutation as NHWC to NCHW.
        EmitConvolution(emitter, node, "Conv", emitter.ChannelsFirst(node.Inputs[1]), Groups, new Shape(weights[1], weights[2]));
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Convolution(weightAxis: 0);

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        Shape weights = binding.Input(1).Shape;
        Func<short[]> values = FixedConvolution.Weights(binding, binding.Input(0), binding.Input(1));
        return FixedConvolution.Kernel(FixedSpec(binding, weights[0]) with { Groups = Groups }, values);
    }

    protected override long Macs(Shape image, Shape weights, Shape output) => output.Count * weights[1] * weights[2] * weights[3];
}
