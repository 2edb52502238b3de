using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

/// <summary>
/// Transposed convolution of an image [N, H, W, I] with weights [O, KH, KW, I / <see cref="Groups"/>]: input pixel (h, w) adds its product
/// with tap (i, j) to output pixel (h·StrideH + i·DilationH − PadTop, w·StrideW + j·DilationW − PadLeft).
/// </summary>
public sealed record TransposedConv2DOp : ImageConvolutionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Onnx("ConvTranspose", ConvolutionImport.ConvTranspose)];

    public int Groups { get; init; } = 1;

    /// <summary>Rows added to the bottom of the output.</summary>
    public int OutputPadH { get; init; }

    /// <summary>Columns added to the right of the output.</summary>
    public int OutputPadW { get; init; }

    public override string Name => "TransposedConv2D";

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

        int height = Spread(image, x[1], w[1], StrideH, PadTop + PadBottom, DilationH, OutputPadH);
        int width = Spread(image, x[2], w[2], StrideW, PadLeft + PadRight, DilationW, OutputPadW);
        return [new TensorType(image.Type, new Shape(x[0], height, width, w[0]))];
    }

    public override long? InputRows(int rows, IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) =>
        ((rows + ((inputs[1]!.Shape[1] - 1L) * DilationH) + StrideH - 1) / StrideH) + 1;

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        TensorSpec spec = emitter.Spec(node.Inputs[1]);
        Shape w = spec.Shape;
        var grouped = new Shape(Groups, w[0] / Groups, w[1], w[2], w[3]);
        var result = new Shape(w[3] * Groups, w[0] / Groups, w[1], w[2]);
        string hint = node.Inputs[1] + "/iohw";
        string weights;
        if (spec.Constant is { } constant)
        {
            weights = emitter.Constant(constant.Reshape(grouped).Transpose(0, 4, 1, 2, 3).Reshape(result), hint);
        }
        else
        {
            string split = emitter.Add("Reshape", [emitter.Native(node.Inputs[1]), emitter.Constant(OnnxEmitter.Longs(grouped), "shape")], hint);
            string moved = emitter.Add("Transpose", [split], hint, ("perm", OnnxEmitter.Longs([0, 4, 1, 2, 3])));
            weights = emitter.Add("Reshape", [moved, emitter.Constant(OnnxEmitter.Longs(result), "shape")], hint);
        }

        EmitConvolution(emitter, node, "ConvTranspose", weights, Groups, new Shape(w[1], w[2]), ("output_padding", OnnxEmitter.Longs([OutputPadH, OutputPadW])));
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Convolution(weightAxis: 0);

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        Shape weights = binding.Input(1).Shape;
        Func<short[]> values = FixedConvolution.Weights(binding, binding.Input(0), binding.Input(1));
        return FixedConvolution.Kernel(FixedSpec(binding, weights[0]) with { Groups = Groups, Transposed = true, PadOffsets = [] }, values);
    }

    protected override long Macs(Shape image, Shape weights, Shape output) => image.Count / image[3] * weights.Count;

    private int Spread(TensorSpec image, int size, int kernel, int stride, int pads, int dilation, int extra)
    {
        long result = ((long)(size - 1) * stride) + ((long)(kernel - 1) * dilation) + 1 + extra - pads;
        if (size < 1 || kernel < 1 || extra < 0 || result < 1)
        {
            throw Mismatch($"a window of {kernel} (stride {stride}, dilation {dilation}, padding {pads}, output padding {extra}) gives no output for {image}");
        }

        return checked((int)result);
    }
}
