using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>
/// A node with constant weights as a linear layer: at every position of the output, each group of outputs sees a patch of the input.
/// A patch is [window rows, window columns, channels]; a group sees its own channels of it.
/// </summary>
internal sealed class LayerGeometry
{
    private readonly int _height;
    private readonly int _width;
    private readonly int _outHeight;
    private readonly int _outWidth;
    private readonly ImageConvolutionOp? _window;
    private readonly bool _depthwise;
    private readonly bool _transposed;

    private LayerGeometry(Shape input, Shape output, Shape weights, ImageConvolutionOp? window, int groups, bool depthwise)
    {
        Channels = input[-1];
        Groups = groups;
        Outputs = output[-1];
        Taps = window is null ? 1 : weights[1] * weights[2];
        (_height, _width) = window is null ? (1, (int)(input.Count / Channels)) : (input[1], input[2]);
        (_outHeight, _outWidth) = window is null ? (1, _width) : (output[1], output[2]);
        Positions = (window is null ? 1 : output[0]) * _outHeight * _outWidth;
        _window = window;
        _depthwise = depthwise;
        _transposed = window is TransposedConv2DOp;
        KernelWidth = window is null ? 1 : weights[2];
    }

    /// <summary>Input channels of all groups.</summary>
    public int Channels { get; }

    public int Groups { get; }

    /// <summary>Output channels of all groups.</summary>
    public int Outputs { get; }

    /// <summary>Pixels of the window.</summary>
    public int Taps { get; }

    /// <summary>Places of the window in one sample.</summary>
    public int Positions { get; }

    /// <summary>Values of a patch.</summary>
    public int PatchSize => Taps * Channels;

    /// <summary>Weights of one output.</summary>
    public int GroupSize => PatchSize / Groups;

    private int KernelWidth { get; }

    /// <summary>The layer of a node; null where it is none of the kinds that are rebuilt.</summary>
    /// <param name="graph">The float graph.</param>
    public static LayerGeometry? Of(Graph graph, Node node)
    {
        if (node.Inputs.Length < 2 || graph[node.Inputs[1]] is not { IsConstant: true } weights || graph[node.Inputs[0]] is not { IsConstant: false, Shape.Count: > 0 } input)
        {
            return null;
        }

        Shape output = graph[node.Outputs[0]].Shape;
        return node.Op switch
        {
            Conv2DOp op => new LayerGeometry(input.Shape, output, weights.Shape, op, op.Groups, depthwise: false),
            TransposedConv2DOp op => new LayerGeometry(input.Shape, output, weights.Shape, op, op.Groups, depthwise: false),
            DepthwiseConv2DOp op => new LayerGeometry(input.Shape, output, weights.Shape, op, input.Shape[3], depthwise: true),
            FullyConnectedOp => new LayerGeometry(input.Shape, output, weights.Shape, null, 1, depthwise: false),
            _ => null,
        };
    }

    /// <summary>Position in the weights of a weight of an output.</summary>
    public int WeightAt(int output, int index) => _depthwise ? (index * Outputs) + output : (output * GroupSize) + index;

    /// <summary>The input channel of a weight of a group.</summary>
    public int ChannelAt(int group, int index) => (group * (Channels / Groups)) + (index % (Channels / Groups));

    /// <summary>Copies what a group sees of patches.</summary>
    /// <param name="patches">[rows, PatchSize].</param>
    /// <returns>[rows, GroupSize].</returns>
    public float[] Group(ReadOnlySpan<float> patches, int rows, int group)
    {
        int own = Channels / Groups;
        var result = new float[(long)rows * GroupSize];
        for (int r = 0; r < rows; r++)
        {
            for (int tap = 0; tap < Taps; tap++)
            {
                patches.Slice((r * PatchSize) + (tap * Channels) + (group * own), own).CopyTo(result.AsSpan((r * GroupSize) + (tap * own)));
            }
        }

        return result;
    }

    /// <summary>The pixel of the input [N·H·W] under a tap of the window at a position; −1 outside.</summary>
    public int PixelAt(int position, int tap)
    {
        if (_window is null)
        {
            return position;
        }

        int h = Input(position / _outWidth % _outHeight, tap / KernelWidth, _window.StrideH, _window.PadTop, _window.DilationH);
        int w = Input(position % _outWidth, tap % KernelWidth, _window.StrideW, _window.PadLeft, _window.DilationW);
        int image = position / _outWidth / _outHeight;
        return h >= 0 && h < _height && w >= 0 && w < _width ? (((image * _height) + h) * _width) + w : -1;
    }

    private int Input(int output, int kernel, int stride, int pad, int dilation)
    {
        if (!_transposed)
        {
            return (output * stride) - pad + (kernel * dilation);
        }

        int scaled = output + pad - (kernel * dilation);
        return scaled >= 0 && scaled % stride == 0 ? scaled / stride : -1;
    }
}
