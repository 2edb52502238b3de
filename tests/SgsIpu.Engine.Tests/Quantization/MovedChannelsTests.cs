using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Quantization;

/// <summary>A convolution in 8 bits behind a join and a pooling, which share a range with what they move; channels differ by a factor of a thousand and all count alike.</summary>
public sealed class MovedChannelsTests
{
    private const int Side = 8;
    private static readonly double[] Sizes = [8, 1, 0.1, 0.008, 3, 0.03];

    [Theory]
    [InlineData(QMode.Q11, false)]
    [InlineData(QMode.Q21, true)]
    public void RebuildingModesGiveEachChannelItsScale(QMode mode, bool expected)
    {
        IpuModel model = Calibrated(mode, pooled: true);
        QuantParam read = Read(model, "y");
        Assert.NotEqual(expected, read.IsPerTensor);
        if (expected)
        {
            Assert.Equal(Enumerable.Range(0, 2 * Sizes.Length).Select(i => Sizes[i % Sizes.Length]).Order(), read.Scale.Zip(Sizes.Concat(Sizes)).OrderBy(p => p.First).Select(p => p.Second));
        }
    }

    [Fact]
    public void SmallChannelsCountThen()
    {
        Assert.True(Decibels(Calibrated(QMode.Q21, pooled: true)) > Decibels(Calibrated(QMode.Q11, pooled: true)) + 10);
        Assert.True(Decibels(Calibrated(QMode.Q21, pooled: false)) > Decibels(Calibrated(QMode.Q11, pooled: false)) + 10);
    }

    /// <summary>Pixels that are only moved are exact in 8 bits as they are.</summary>
    [Fact]
    public void WhatIsMovedFromAnInputStaysIn8Bits()
    {
        var editor = new GraphEditor("pixels");
        editor.AddInput(new TensorSpec("x", DataType.Float32, new Shape(1, Side, Side, 3)));
        editor.Add("pooled", new MaxPool2DOp { KernelH = 2, KernelW = 2, StrideH = 2, StrideW = 2 }, "x");
        editor.Add("y", new Conv2DOp(), "pooled", Weights(editor, "w", (_, _) => 1, 4, 3), Bias(editor, "b", 4));
        editor.Outputs.Add("y");
        IpuModel model = Calibrate(editor.ToGraph(), QMode.Q21);
        Assert.True(Read(model, "y").IsPerTensor);
        Assert.Equal(DataType.UInt8, model.Graph["pooled"].Type);
    }

    private static QuantParam Read(IpuModel model, string node)
    {
        TensorSpec read = model.Graph[model.Graph.Nodes.Single(n => n.Name == node).Inputs[0]];
        Assert.Equal(DataType.UInt8, read.Type);
        return read.Quant!;
    }

    private static IpuModel Calibrated(QMode mode, bool pooled)
    {
        var editor = new GraphEditor("moved");
        editor.AddInput(new TensorSpec("x", DataType.Float32, new Shape(1, Side, Side, 3)));
        int channels = Sizes.Length;
        editor.Add("left", new Conv2DOp(), "x", Weights(editor, "w1", (o, _) => Sizes[o], channels, 3), Bias(editor, "b1", channels));
        editor.Add("right", new Conv2DOp(), "x", Weights(editor, "w2", (o, _) => Sizes[o], channels, 3), Bias(editor, "b2", channels));
        editor.Add("joined", new ConcatOp(3), "left", "right");
        string read = "joined";
        if (pooled)
        {
            editor.Add("pooled", new MaxPool2DOp { KernelH = 2, KernelW = 2, StrideH = 2, StrideW = 2 }, "joined");
            read = "pooled";
        }

        editor.Add("y", new Conv2DOp(), read, Weights(editor, "w3", (_, i) => 1 / Sizes[i % channels], 4, 2 * channels), Bias(editor, "b3", 4));
        editor.Outputs.Add("y");
        return Calibrate(editor.ToGraph(), mode);
    }

    private static string Weights(GraphEditor editor, string name, Func<int, int, double> size, int outputs, int inputs)
    {
        var random = new Random(outputs);
        return editor.AddConstant(name, Tensor.FromArray<float>([.. Enumerable.Range(0, outputs * inputs).Select(i => (float)((random.NextDouble() + 0.5) * (random.Next(2) == 0 ? 1 : -1) * size(i / inputs, i % inputs)))], outputs, 1, 1, inputs));
    }

    private static string Bias(GraphEditor editor, string name, int count) => editor.AddConstant(name, new Tensor(DataType.Float32, new Shape(count)));

    private static IpuModel Calibrate(Graph graph, QMode mode) =>
        IpuEngine.Calibrate(new IpuModel(graph.Name, IpuStage.Float, graph), new CalibrationOptions(new Images()) { QMode = mode });

    /// <summary>Signal over noise of the outputs on all images.</summary>
    private static double Decibels(IpuModel model)
    {
        IEnumerable<float[]> Outputs(IpuModel m) => IpuEngine.Run(m, new RunOptions(new Images())).Select(r => r.Outputs["y"].ToFloats());
        (float[] Real, float[] Rounded)[] values = [.. Outputs(model.Calibration!.Float).Zip(Outputs(model))];
        return 10 * Math.Log10(values.Sum(v => v.Real.Sum(r => (double)r * r)) / values.Sum(v => v.Real.Zip(v.Rounded, (a, b) => Math.Pow((double)a - b, 2)).Sum()));
    }

    private sealed class Images : ISampleSource
    {
        public int Count => 20;

        public Sample Read(int index, bool norm, CancellationToken cancellationToken)
        {
            var random = new Random(index);
            return new Sample($"{index}", [Tensor.FromArray<float>([.. Enumerable.Range(0, Side * Side * 3).Select(_ => (random.NextSingle() * 2) - 1)], 1, Side, Side, 3)]);
        }
    }
}
