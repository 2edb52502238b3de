using Microsoft.ML.OnnxRuntime;
using SgsIpu.Core;
using SgsIpu.Engine.Compilation;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Tests.Preprocessing;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Quantization;

/// <summary>A network in 16 bits whose channels differ by a factor of a thousand and all count alike at the output.</summary>
public sealed class WideChannelsTests
{
    private const int Channels = 6;
    private static readonly double[] Sizes = [8, 1, 0.1, 0.008, 3, 0.03];

    [Fact]
    public void SmallChannelsKeepTheirBitsThroughFunctionsMeansProductsSumsAndMoves()
    {
        IpuModel model = Fixed(out Dictionary<string, Tensor> input, out float[] exact);
        foreach (string tensor in new[] { "left", "gated2", "product", "sum", "pooled", "joined" })
        {
            QuantParam quant = model.Graph[tensor].Quant!;
            Assert.Equal(model.Graph[tensor].Shape[-1], quant.Scale.Length);
            Assert.True(quant.Scale.Max() > 50 * quant.Scale.Min(), tensor);
            Assert.True(model.Report!.Decisions.Single(d => d.Tensor == tensor).ByChannel);
        }

        Assert.True(model.Graph["mean"].Quant!.IsPerTensor);
        Assert.DoesNotContain(model.Graph.Nodes, n => n.Op is RequantizeOp);
        Assert.True(model.Graph["y/fixed"].Quant!.IsPerTensor);
        Assert.InRange(Decibels(exact, Run(model, input)), 60, double.PositiveInfinity);
    }

    [Fact]
    public void WhatReadersDoNotTellApartIsNeitherCoveredNorAnError()
    {
        var editor = new GraphEditor("bounded");
        editor.AddInput(new TensorSpec("x", DataType.Float32, new Shape(1, 8, 8, 4)));
        editor.Add("logit", new Conv2DOp(), "x", editor.AddConstant("w", Tensor.FromArray<float>([300, -500, 400, 100], 1, 1, 1, 4)), editor.AddConstant("b", new Tensor(DataType.Float32, new Shape(1))));
        editor.Add("y", new SigmoidOp(), "logit");
        editor.Outputs.Add("y");
        IpuModel model = Calibrated(editor.ToGraph(), out Dictionary<string, Tensor> input, out float[] exact, new GivenQuantization("x") { Bit = 16 });
        Assert.InRange(model.Graph["logit"].Quant!.Scale[0], 0, 16.0 / short.MaxValue);
        Assert.InRange(Decibels(exact, Run(model, input)), 60, double.PositiveInfinity);
        Tensor x = input["x"];
        var samples = new Samples(1, _ => new Sample("x", [x]));
        IpuTensorComparison logit = IpuEngine.Compare(new IpuModel("channels", IpuStage.Float, editor.ToGraph()), model, samples, samples).Single(r => r.Tensor == "logit");
        Assert.InRange(logit.Sqnr, 60, double.PositiveInfinity);

        editor.Outputs.Add("logit");
        model = Calibrated(editor.ToGraph(), out input, out _, new GivenQuantization("x") { Bit = 16 });
        Assert.InRange(model.Graph["logit/fixed"].Quant!.Scale[0], 300.0 / short.MaxValue, double.PositiveInfinity);
    }

    [Fact]
    public void AProductReachesNoFurtherThanItsFactors()
    {
        // One sample in thirty opens the gate of the first channel, so that the product alone seems to go far beyond what was seen.
        var editor = new GraphEditor("gate");
        editor.AddInput(new TensorSpec("x", DataType.Float32, new Shape(1, 4, 4, 2)));
        editor.AddInput(new TensorSpec("s", DataType.Float32, new Shape(1, 1, 1, 2)));
        string identity = editor.AddConstant("w", Tensor.FromArray<float>([1, 0, 0, 1], 2, 1, 1, 2));
        string none = editor.AddConstant("b", new Tensor(DataType.Float32, new Shape(2)));
        editor.Add("plain", new Conv2DOp(), "x", identity, none);
        editor.Add("wide", new Conv2DOp(), "s", identity, none);
        editor.Add("gate", new SigmoidOp(), "wide");
        editor.Add("product", new MulOp(), "plain", "gate");
        editor.Add("y", new Conv2DOp(), "product", identity, none);
        editor.Outputs.Add("y");
        var samples = new Samples(30, i =>
        {
            var random = new Random(i);
            return new Sample($"{i}", [Tensor.FromArray<float>([.. Enumerable.Range(0, 32).Select(_ => 0.9f + (0.1f * random.NextSingle()))], 1, 4, 4, 2), Tensor.FromArray<float>([i == 7 ? 8 : -8, 8], 1, 1, 1, 2)]);
        });
        IpuModel real = new("gate", IpuStage.Float, editor.ToGraph());
        Graph graph = IpuEngine.Calibrate(real, new CalibrationOptions(samples) { Level = CalibrationLevel.L2, Given = [.. new[] { "x", "s", "product" }.Select(t => new GivenQuantization(t) { Bit = 16 })] }).Graph;
        Assert.All(graph["product"].Quant!.Scale.Zip(graph["plain"].Quant!.Scale), s => Assert.InRange(s.First, s.Second / 2, s.Second * 1.001));
    }

    [Theory]
    [InlineData("mean", false)]
    [InlineData("joined", true)]
    public void AFewConvolutionsIn8BitsChangeNothing(string narrow, bool perTensor)
    {
        // The mean's reader does 36 of 5412 multiply-accumulates, that of the joined tensor 2304.
        GivenQuantization[] wide = [.. new[] { "x", "mean", "joined" }.Where(t => t != narrow).Select(t => new GivenQuantization(t) { Bit = 16 })];
        Assert.Equal(perTensor, Calibrated(Network(), out _, out _, wide).Graph["product"].Quant!.IsPerTensor);
    }

    [Fact]
    public void FilesHoldScalesOfChannels()
    {
        IpuModel model = Fixed(out Dictionary<string, Tensor> input, out _);
        float[] expected = Run(model, input);
        Assert.Equal(expected, Run(SimFile.Read(SimFile.Write(model), "m.sim"), input));
        Assert.Equal(expected, Run(ImageReader.Read(ImageWriter.Write(IpuEngine.Compile(model, new CompileOptions())), "m.img"), input));
    }

    [Fact]
    public void OnnxRuntimeFollowsScalesOfChannels()
    {
        IpuModel model = Fixed(out Dictionary<string, Tensor> input, out _);
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "qdq.onnx");
        IpuEngine.Export(model, file, ModelFormat.Onnx);
        using var session = new InferenceSession(file);
        Tensor x = input["x"];
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(x.ToFloats(), [.. x.Shape.Select(d => (long)d)]);
        using var options = new Microsoft.ML.OnnxRuntime.RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> result = session.Run(options, ["x"], [value], ["y"]);
        Assert.InRange(Decibels(Run(model, input), result[0].GetTensorDataAsSpan<float>().ToArray()), 55, double.PositiveInfinity);
    }

    private static float[] Run(IpuModel model, Dictionary<string, Tensor> input)
    {
        using IModelRunner runner = IpuEngine.OpenRunner(model);
        return runner.Run(input, CancellationToken.None)["y"].ToFloats();
    }

    private static double Decibels(float[] exact, float[] rounded)
    {
        double signal = exact.Sum(v => (double)v * v);
        return 10 * Math.Log10(signal / exact.Zip(rounded, (a, b) => Math.Pow((double)a - b, 2)).Sum());
    }

    private static IpuModel Fixed(out Dictionary<string, Tensor> input, out float[] exact) =>
        Calibrated(Network(), out input, out exact, new GivenQuantization("x") { Bit = 16 }, new GivenQuantization("mean") { Bit = 16 }, new GivenQuantization("joined") { Bit = 16 });

    private static IpuModel Calibrated(Graph network, out Dictionary<string, Tensor> input, out float[] exact, params GivenQuantization[] given)
    {
        IpuModel real = new("channels", IpuStage.Float, network);
        var random = new Random(2);
        Tensor x = Tensor.FromArray<float>([.. Enumerable.Range(0, 8 * 8 * 4).Select(_ => (random.NextSingle() * 2) - 1)], 1, 8, 8, 4);
        input = new Dictionary<string, Tensor> { ["x"] = x };
        exact = Run(real, input);
        return IpuEngine.Calibrate(real, new CalibrationOptions(new Samples(1, _ => new Sample("x", [x]))) { Level = CalibrationLevel.L2, Given = [.. given] });
    }

    /// <summary>
    /// Two convolutions with channels of different sizes, SiLU, a gate for each channel of one of them, their sum, a pooling, a join, and a
    /// convolution that evens the sizes out.
    /// </summary>
    private static Graph Network()
    {
        var random = new Random(1);
        var editor = new GraphEditor("channels");
        editor.AddInput(new TensorSpec("x", DataType.Float32, new Shape(1, 8, 8, 4)));
        editor.Add("left", new Conv2DOp(), "x", Weights("w1", (o, _) => Sizes[o], Channels, 4), Bias("b1", Channels));
        editor.Add("right", new Conv2DOp(), "x", Weights("w2", (o, _) => Sizes[o], Channels, 4), Bias("b2", Channels));
        editor.Add("gated", new SiluOp(), "left");
        editor.Add("gated2", new SiluOp(), "right");
        editor.Add("mean", new ReduceOp(ReduceKind.Mean, [1, 2]), "gated2");
        editor.Add("squeezed", new Conv2DOp(), "mean", Weights("w4", (_, i) => 1 / Sizes[i], Channels, Channels), Bias("b4", Channels));
        editor.Add("gate", new SigmoidOp(), "squeezed");
        editor.Add("product", new MulOp(), "gated2", "gate");
        editor.Add("sum", new AddOp(), "gated", "product");
        editor.Add("pooled", new MaxPool2DOp { KernelH = 3, KernelW = 3, PadTop = 1, PadBottom = 1, PadLeft = 1, PadRight = 1 }, "sum");
        editor.Add("joined", new ConcatOp(3), "sum", "pooled");
        editor.Add("y", new Conv2DOp(), "joined", Weights("w3", (_, i) => 1 / Sizes[i % Channels], 3, 2 * Channels), Bias("b3", 3));
        editor.Outputs.Add("y");
        return editor.ToGraph();

        string Weights(string name, Func<int, int, double> size, int outputs, int inputs) => editor.AddConstant(
            name,
            Tensor.FromArray<float>([.. Enumerable.Range(0, outputs * inputs).Select(i => (float)(((random.NextDouble() * 2) - 1) * size(i / inputs, i % inputs)))], outputs, 1, 1, inputs));

        string Bias(string name, int count) => editor.AddConstant(name, new Tensor(DataType.Float32, new Shape(count)));
    }

    private sealed class Samples(int count, Func<int, Sample> sample) : ISampleSource
    {
        public int Count => count;

        public Sample Read(int index, bool norm, CancellationToken cancellationToken) => sample(index);
    }
}
