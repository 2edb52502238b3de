using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Frontends.Onnx;

namespace SgsIpu.Benchmarks;

/// <summary>Networks of hundreds of megabytes in the shape of well-known ones, with random weights: memory does not depend on what they compute.</summary>
internal sealed class LargeNetwork
{
    private readonly Random _random = new(1);
    private readonly List<SourceNode> _nodes = [];
    private readonly Dictionary<string, Tensor> _constants = [];
    private string _at = "image";
    private int _channels = 3;

    /// <summary>VGG-16 (Simonyan and Zisserman, 2014): most of its 138 million weights are in one fully connected layer.</summary>
    public static byte[] Vgg()
    {
        var network = new LargeNetwork();
        foreach (int[] stage in (int[][])[[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]])
        {
            foreach (int channels in stage)
            {
                network.Convolve(channels, 3, 1);
                network.Rectify();
            }

            network.Add("MaxPool", [network._at], ("kernel_shape", new long[] { 2, 2 }), ("strides", new long[] { 2, 2 }));
        }

        network.Add("Flatten", [network._at]);
        network._channels *= 7 * 7;
        network.Connect(4096);
        network.Rectify();
        network.Connect(4096);
        network.Rectify();
        network.Connect(1000);
        return network.Write("vgg");
    }

    /// <summary>Wide ResNet-50-2 (Zagoruyko and Komodakis, 2016): nearly all of its 69 million weights are in convolutions.</summary>
    public static byte[] WideResNet()
    {
        var network = new LargeNetwork();
        network.Convolve(64, 7, 2);
        network.Rectify();
        network.Add("MaxPool", [network._at], ("kernel_shape", new long[] { 3, 3 }), ("strides", new long[] { 2, 2 }), ("pads", new long[] { 1, 1, 1, 1 }));
        foreach ((int blocks, int outputs, int first) in ((int, int, int)[])[(3, 256, 1), (4, 512, 2), (6, 1024, 2), (3, 2048, 2)])
        {
            for (int b = 0; b < blocks; b++)
            {
                network.AddBlock(outputs, b == 0 ? first : 1);
            }
        }

        network.Add("GlobalAveragePool", [network._at]);
        network.Add("Flatten", [network._at]);
        network.Connect(1000);
        return network.Write("wideresnet");
    }

    private void AddBlock(int outputs, int stride)
    {
        (string input, int channels) = (_at, _channels);
        Convolve(outputs / 2, 1, 1);
        Rectify();
        Convolve(outputs / 2, 3, stride);
        Rectify();
        Convolve(outputs, 1, 1);
        string branch = _at;
        if (channels != outputs)
        {
            (_at, _channels) = (input, channels);
            Convolve(outputs, 1, stride);
            input = _at;
        }

        Add("Add", [branch, input]);
        Rectify();
    }

    private void Convolve(int outputs, int kernel, int stride)
    {
        long pad = kernel / 2;
        string[] inputs = [_at, Weights(outputs, _channels, kernel, kernel), Weights(outputs)];
        Add("Conv", inputs, ("kernel_shape", new long[] { kernel, kernel }), ("strides", new long[] { stride, stride }), ("pads", new[] { pad, pad, pad, pad }));
        _channels = outputs;
    }

    private void Connect(int outputs)
    {
        Add("Gemm", [_at, Weights(outputs, _channels), Weights(outputs)], ("transB", 1L));
        _channels = outputs;
    }

    private void Rectify() => Add("Relu", [_at]);

    private void Add(string type, string[] inputs, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        _at = $"t{_nodes.Count}";
        _nodes.Add(new SourceNode($"n{_nodes.Count}", type, [.. inputs], [_at], attributes.ToArray().ToDictionary(a => a.Name, a => a.Value)));
    }

    /// <summary>Weights of such a size that values neither grow nor fade.</summary>
    private string Weights(params int[] shape)
    {
        var tensor = new Tensor(DataType.Float32, new Shape(shape));
        float size = MathF.Sqrt(6f * shape[0] / tensor.Count);
        foreach (ref float weight in tensor.As<float>())
        {
            weight = (_random.NextSingle() - 0.5f) * 2 * (shape.Length == 1 ? 0.1f : size);
        }

        string name = $"w{_constants.Count}";
        _constants[name] = tensor;
        return name;
    }

    private byte[] Write(string name) => OnnxWriter.Write(
        new SourceGraph(name, Framework.Onnx, [new SourceTensor("image", DataType.Float32, [1, 3, 224, 224])], [new SourceTensor(_at, DataType.Float32, [1, 1000])], [.. _nodes], _constants)
        {
            OpsetVersions = ImmutableDictionary<string, int>.Empty.Add("", 21),
        });
}
