using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Quantization;
using SgsIpu.Engine.Quantization.Reconstruction;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Quantization;

/// <summary>Moments of what layers read, against the samples that they are made of, and what rounding by them is worth.</summary>
public sealed class InputMomentsTests
{
    private const int Side = 6;
    private const int Channels = 4;
    private const float Shrunk = 0.8f;

    /// <summary>At every position, of every sample: 9 taps of a padded window in each channel, or all channels of a pixel.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CovariancesAreThoseOfThePatches(bool depthwise)
    {
        Graph graph = Layer(depthwise);
        Node node = graph.Nodes[0];
        (HeldSamples held, Dictionary<string, ActivationStatistics> statistics) = Samples(graph, 6);
        InputMoments moments = InputMoments.Of(graph, held, statistics, CancellationToken.None);
        LayerGeometry layer = moments.Geometry(node)!;
        double[] units = [0.5, 1, 2, 4];
        for (int group = 0; group < layer.Groups; group++)
        {
            double[][] patches = [.. held.All.SelectMany(s => Enumerable.Range(0, layer.Positions).Select(p => Patch(s[0].As<float>().ToArray(), layer, group, p, units)))];
            float[] covariance = moments.Covariance(node, group, units);
            int size = layer.GroupSize;
            double[] mean = [.. Enumerable.Range(0, size).Select(i => patches.Average(p => p[i]))];
            for (int i = 0; i < size; i++)
            {
                for (int j = 0; j < size; j++)
                {
                    double expected = patches.Average(p => (p[i] - mean[i]) * (p[j] - mean[j])) * (i == j ? 1 : 1 - ((1 - Shrunk) * Math.Min(1, 30.0 * size / patches.Length)));
                    Assert.Equal(expected, covariance[(i * size) + j], 1e-3);
                }
            }
        }
    }

    /// <summary>With many rows for each value, less is due to chance.</summary>
    [Fact]
    public void ManyRowsAreTrustedMore()
    {
        Graph graph = Layer(depthwise: true);
        Node node = graph.Nodes[0];
        double Drawn(int count)
        {
            (HeldSamples held, Dictionary<string, ActivationStatistics> statistics) = Samples(graph, count);
            LayerGeometry layer = InputMoments.Of(graph, held, statistics, CancellationToken.None).Geometry(node)!;
            float[] covariance = InputMoments.Of(graph, held, statistics, CancellationToken.None).Covariance(node, 0, []);
            double[][] patches = [.. held.All.SelectMany(s => Enumerable.Range(0, layer.Positions).Select(p => Patch(s[0].As<float>().ToArray(), layer, 0, p, [1, 1, 1, 1])))];
            return covariance[1] / patches.Average(p => (p[0] - patches.Average(q => q[0])) * (p[1] - patches.Average(q => q[1])));
        }

        Assert.Equal(Shrunk, Drawn(2), 1e-3);
        Assert.InRange(Drawn(30), Shrunk + 0.05, 1);
    }

    /// <summary>Of what is not observed, as the pixels of an input whose format says the range, no means are known beforehand.</summary>
    [Fact]
    public void WhatIsNotObservedCountsWhereItIsAskedFor()
    {
        Graph graph = Layer(depthwise: false);
        Node node = graph.Nodes[0];
        (HeldSamples held, Dictionary<string, ActivationStatistics> statistics) = Samples(graph, 6);
        var nothing = new Dictionary<string, ActivationStatistics>();
        Assert.Null(InputMoments.Of(graph, held, nothing, CancellationToken.None).Geometry(node));
        float[] expected = InputMoments.Of(graph, held, statistics, CancellationToken.None).Covariance(node, 0, []);
        InputMoments moments = InputMoments.Of(graph, held, nothing, CancellationToken.None, unobserved: true);
        Assert.All(expected.Zip(moments.Covariance(node, 0, [])), p => Assert.Equal(p.First, p.Second, 1e-4));

        // With what covariances leave out, biases can be corrected.
        double[] units = [0.5, 1, 2, 4];
        LayerGeometry layer = moments.Geometry(node)!;
        double[][] patches = [.. held.All.SelectMany(s => Enumerable.Range(0, layer.Positions).Select(p => Patch(s[0].As<float>().ToArray(), layer, 0, p, units)))];
        Assert.All(moments.Means(node, 0, units).Index(), m => Assert.Equal(patches.Average(p => p[m.Index]), m.Item, 1e-4));
    }

    /// <summary>Channels that go together let errors of their weights cancel out at the output.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WeightsThatAreRoundedTogetherErrLessAtTheOutput(bool depthwise)
    {
        Graph graph = Layer(depthwise);
        Node node = graph.Nodes[0];
        (HeldSamples held, Dictionary<string, ActivationStatistics> statistics) = Samples(graph, 6);
        InputMoments moments = InputMoments.Of(graph, held, statistics, CancellationToken.None);
        var rounding = new ConvolutionRounding(graph, statistics, CalibrationLevel.L4);
        QuantRule rule = ((IpuOperator)node.Op).Quantize(graph.InputsOf(node));
        QuantParam input = new([0.01, 0.02, 0.01, 0.02], 128, 3);
        LayerGeometry layer = moments.Geometry(node)!;
        double Error(RoundedWeights rounded)
        {
            double sum = 0;
            float[] real = graph[node.Inputs[1]].Constant!.ToFloats();
            for (int o = 0; o < layer.Outputs; o++)
            {
                int group = o / (layer.Outputs / layer.Groups);
                double[] missing = [.. Enumerable.Range(0, layer.GroupSize).Select(i => real[layer.WeightAt(o, i)] - (rounded.WeightQuant.Scale[o] * rounded.Weights.As<sbyte>()[layer.WeightAt(o, i)] / input.Scale[layer.ChannelAt(group, i)]))];
                double[] errors = [.. held.All.SelectMany(s => Enumerable.Range(0, layer.Positions).Select(p => Patch(s[0].As<float>().ToArray(), layer, group, p, [1, 1, 1, 1]).Zip(missing, (x, m) => x * m).Sum()))];
                sum += errors.Sum(e => (e - errors.Average()) * (e - errors.Average()));
            }

            return sum;
        }

        double alone = Error(rounding.Round(node, rule, input, wide: false));
        double together = Error(rounding.Round(node, rule, input, wide: false, moments: moments));
        Assert.True(together < 0.5 * alone, $"{together} is not half of {alone}");
    }

    private static double[] Patch(float[] image, LayerGeometry layer, int group, int position, double[] units) =>
        [.. Enumerable.Range(0, layer.GroupSize).Select(i =>
        {
            int channel = layer.ChannelAt(group, i);
            int pixel = layer.PixelAt(position, i / (Channels / layer.Groups));
            return pixel < 0 ? 0 : image[(pixel * Channels) + channel] / units[channel];
        })];

    private static Graph Layer(bool depthwise)
    {
        var random = new Random(3);
        int outputs = depthwise ? Channels : 8;
        Shape shape = depthwise ? new Shape(1, 3, 3, Channels) : new Shape(outputs, 1, 1, Channels);
        var editor = new GraphEditor("layer");
        editor.AddInput(new TensorSpec("x", DataType.Float32, new Shape(1, Side, Side, Channels)));
        editor.AddConstant("w", Tensor.FromArray<float>([.. Enumerable.Range(0, (int)shape.Count).Select(_ => random.NextSingle() - 0.5f)], shape));
        editor.AddConstant("b", Tensor.FromArray<float>(new float[outputs], outputs));
        IpuOperator op = depthwise ? new DepthwiseConv2DOp { PadTop = 1, PadBottom = 1, PadLeft = 1, PadRight = 1 } : new Conv2DOp();
        editor.AddTensor(new TensorSpec("y", DataType.Float32, new Shape(1, Side, Side, outputs)));
        editor.AddNode("layer", op, ["x", "w", "b"], ["y"]);
        editor.Outputs.Add("y");
        return editor.ToGraph();
    }

    /// <summary>Smooth images whose channels go together, but for a little noise.</summary>
    private static (HeldSamples Held, Dictionary<string, ActivationStatistics> Statistics) Samples(Graph graph, int count)
    {
        var random = new Random(7);
        var held = new HeldSamples(graph["x"].ByteCount);
        var seen = new ActivationStatistics("x", Channels, false);
        for (int s = 0; s < count; s++)
        {
            (float a, float b, float c) = (random.NextSingle(), random.NextSingle(), random.NextSingle());
            float[] image = [.. Enumerable.Range(0, Side * Side * Channels).Select(i => a + (b * (i / Channels % Side) / Side) + (c * (i / Channels / Side) / Side) + (0.02f * random.NextSingle()))];
            held.Offer([Tensor.FromArray<float>(image, 1, Side, Side, Channels)]);
            seen.Observe(image, 1);
        }

        return (held, new Dictionary<string, ActivationStatistics>(StringComparer.Ordinal) { ["x"] = seen });
    }
}
