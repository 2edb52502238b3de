using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

/// <summary>
/// What the convolutions over images share: window, padding with zeros, and an activation that clamps the output. Inputs are an NHWC
/// image, the weights, and optionally a bias of one value for each output channel.
/// </summary>
public abstract record ImageConvolutionOp : IpuOperator
{
    public int StrideH { get; init; } = 1;

    public int StrideW { get; init; } = 1;

    public int PadTop { get; init; }

    public int PadBottom { get; init; }

    public int PadLeft { get; init; }

    public int PadRight { get; init; }

    public int DilationH { get; init; } = 1;

    public int DilationW { get; init; } = 1;

    /// <summary>Lower bound of the fused activation; −∞ where there is none.</summary>
    public float ActivationMin { get; init; } = float.NegativeInfinity;

    /// <summary>Upper bound of the fused activation; +∞ where there is none.</summary>
    public float ActivationMax { get; init; } = float.PositiveInfinity;

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        OperatorCost whole = OperatorCost.Of(inputs, outputs, Macs(inputs[0]!.Shape, inputs[1]!.Shape, outputs[0].Shape));

        // Each further part of a large kernel reads the image and the sums so far, and writes these.
        long further = ConvolutionConstraints.KernelParts(inputs[1]!.Shape) - 1;
        long sums = further * outputs[0].Shape.Count * sizeof(int);
        return whole with { ReadBytes = whole.ReadBytes + (further * inputs[0]!.ByteCount) + sums, WrittenBytes = whole.WrittenBytes + sums };
    }

    public override long? InputRows(int rows, IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) =>
        ((rows - 1L) * StrideH) + ((inputs[1]!.Shape[1] - 1L) * DilationH) + 1;

    /// <summary>Multiply-accumulates for the shapes of image, weights and output.</summary>
    protected abstract long Macs(Shape image, Shape weights, Shape output);

    /// <summary>Checks ranks, attributes and the bias, and returns image and weights.</summary>
    protected (TensorSpec Image, TensorSpec Weights) CheckInputs(IReadOnlyList<TensorSpec?> inputs, int outputChannels)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.Count is < 2 or > 3 || inputs[0] is not { } image || inputs[1] is not { } weights)
        {
            throw Mismatch($"needs an image, weights and optionally a bias, found {inputs.Count} inputs");
        }

        if (image.Shape.Rank != 4 || weights.Shape.Rank != 4)
        {
            throw Mismatch($"image and weights have 4 dimensions, found {image} and {weights}");
        }

        if (StrideH < 1 || StrideW < 1 || DilationH < 1 || DilationW < 1)
        {
            throw Mismatch($"strides and dilations are at least 1, found strides {StrideH}×{StrideW}, dilations {DilationH}×{DilationW}");
        }

        if (PadTop < 0 || PadBottom < 0 || PadLeft < 0 || PadRight < 0)
        {
            throw Mismatch($"padding is not negative, found {PadTop}, {PadLeft}, {PadBottom}, {PadRight}");
        }

        int channels = outputChannels < 0 ? weights.Shape[outputChannels] : weights.Shape[0];
        if (inputs.Count == 3 && inputs[2] is { } bias && bias.Shape != new Shape(channels))
        {
            throw Mismatch($"the bias has one value for each of the {channels} output channels, found {bias}");
        }

        return (image, weights);
    }

    /// <summary>Output size of a sliding window along one dimension.</summary>
    protected int Slide(TensorSpec image, int size, int kernel, int stride, int before, int after, int dilation)
    {
        long extent = ((long)(kernel - 1) * dilation) + 1;
        long room = (long)size + before + after - extent;
        if (kernel < 1 || room < 0)
        {
            throw Mismatch($"a window of {kernel} (dilation {dilation}) does not fit {image} with padding {before} and {after}");
        }

        return checked((int)(room / stride) + 1);
    }

    /// <summary>What the kernel needs but the weights, for ungrouped and not transposed convolution with weights of [..., KH, KW, ...].</summary>
    protected ConvolutionSpec FixedSpec(FixedBinding binding, int outputChannels)
    {
        ArgumentNullException.ThrowIfNull(binding);
        Shape x = binding.Input(0).Shape;
        Shape kernel = binding.Input(1).Shape;
        Shape y = binding.Output.Shape;
        return new ConvolutionSpec
        {
            Batch = x[0],
            Height = x[1],
            Width = x[2],
            Channels = x[3],
            OutHeight = y[1],
            OutWidth = y[2],
            KernelHeight = kernel[1],
            KernelWidth = kernel[2],
            StrideH = StrideH,
            StrideW = StrideW,
            PadTop = PadTop,
            PadLeft = PadLeft,
            DilationH = DilationH,
            DilationW = DilationW,
            InputType = binding.Input(0).Type,
            InputZeroPoint = FixedConvolution.Activation(binding, binding.Input(0)),
            PadOffsets = FixedConvolution.PadOffsets(binding, binding.Input(0)),
            Weights = [],
            Output = FixedConvolution.Output(binding, outputChannels, ActivationMin, ActivationMax),
        };
    }

    /// <summary>Emits an ONNX node over channels-first tensors, then the activation.</summary>
    protected void EmitConvolution(OnnxEmitter emitter, Node node, string opType, string weights, int groups, Shape kernel, params ReadOnlySpan<(string Name, object Value)> more)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        string[] inputs = node.Inputs.Length > 2 && node.Inputs[2].Length > 0
            ? [emitter.ChannelsFirst(node.Inputs[0]), weights, emitter.Native(node.Inputs[2])]
            : [emitter.ChannelsFirst(node.Inputs[0]), weights];
        (string, object)[] attributes =
        [
            ("kernel_shape", OnnxEmitter.Longs(kernel)),
            ("strides", OnnxEmitter.Longs([StrideH, StrideW])),
            ("pads", OnnxEmitter.Longs([PadTop, PadLeft, PadBottom, PadRight])),
            ("dilations", OnnxEmitter.Longs([DilationH, DilationW])),
            ("group", (long)groups),
            .. more,
        ];
        FusedActivation.Emit(emitter, opType, inputs, emitter.DefineChannelsFirst(node.Outputs[0]), ActivationMin, ActivationMax, attributes);
    }
}
