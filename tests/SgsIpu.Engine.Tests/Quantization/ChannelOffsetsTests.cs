using Microsoft.ML.OnnxRuntime;
using SgsIpu.Core;
using SgsIpu.Engine.Compilation;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Tests.Preprocessing;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Quantization;

/// <summary>Tensors whose channels lie on one side of 0 each, half of them above and half below, and convolutions in 8 bits that read them.</summary>
public sealed class ChannelOffsetsTests
{
    private const int Side = 8;
    private const int Channels = 6;

    /// <summary>What writes the tensor.</summary>
    private const string Sum = "sum";
    private const string SharedSum = "sum that another sum reads";
    private const string Convolution = "convolution";

    /// <summary>What reads it.</summary>
    private const string Pointwise = "pointwise convolution";
    private const string Padded = "padded convolution";
    private const string Depthwise = "padded depthwise convolution with two outputs of each channel";

    public static TheoryData<string, string> Pairs => new()
    {
        { Sum, Pointwise },
        { SharedSum, Pointwise },
        { Convolution, Pointwise },
        { Sum, Padded },
        { Convolution, Padded },
        { Sum, Depthwise },
        { Convolution, Depthwise },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void EachChannelIsCoveredFromItsLeastToItsGreatestValue(string writer, string reader)
    {
        QuantParam read = Read(Calibrated(writer, reader));
        Assert.Equal(Channels, read.Offsets.Length);
        for (int c = 0; c < Channels; c++)
        {
            (double least, double most) = ((0 - read.ZeroOf(c)) * read.Scale[c], (255 - read.ZeroOf(c)) * read.Scale[c]);
            Assert.InRange(c % 2 == 0 ? least / most : most / least, -0.5, 0.5);
        }
    }

    [Theory]
    [InlineData(Pointwise)]
    [InlineData(Padded)]
    [InlineData(Depthwise)]
    public void TheBitIsSeenAtTheOutput(string reader)
    {
        IpuModel plain = Calibrated(Sum, reader, CalibrationLevel.L1);
        Assert.Empty(Read(plain).Offsets);
        Assert.True(Decibels(Calibrated(Sum, reader, CalibrationLevel.L2)) > Decibels(plain) + 2);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void RebuildingKeepsThem(string writer, string reader)
    {
        IpuModel plain = Calibrated(writer, reader);
        IpuModel rebuilt = IpuEngine.Calibrate(plain.Calibration!.Float, new CalibrationOptions(new Images()) { QMode = QMode.Q21 });
        Assert.NotEmpty(Read(rebuilt).Offsets);
        Assert.InRange(Decibels(rebuilt), Decibels(plain) - 1, double.PositiveInfinity);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void FilesImagesAndOnnxRuntimeFollow(string writer, string reader)
    {
        IpuModel model = Calibrated(writer, reader);
        Tensor x = new Images().Read(0, true, CancellationToken.None).Inputs[0];
        float[] expected = Run(model, x);
        Assert.Equal(expected, Run(SimFile.Read(SimFile.Write(model), "m.sim"), x));
        Assert.Equal(expected, Run(ImageReader.Read(ImageWriter.Write(IpuEngine.Compile(model, new CompileOptions())), "m.img"), x));
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "qdq.onnx");
        IpuEngine.Export(model, file, ModelFormat.Onnx);
        using var session = new InferenceSession(file);
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(x.ToFloats(), [.. x.Shape.Select(d => (long)d)]);
        using var options = new Microsoft.ML.OnnxRuntime.RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> result = session.Run(options, ["x"], [value], ["y"]);
        Assert.InRange(Decibels([(expected, result[0].GetTensorDataAsSpan<float>().ToArray())]), 40, double.PositiveInfinity);
    }

    [Fact]
    public void ComparisonsSeeRealNumbers()
    {
        IpuModel model = Calibrated(SharedSum, Pointwise);
        Assert.All(IpuEngine.Compare(model.Calibration!.Float, model, new Images(), new Images()), row => Assert.InRange(row.Sqnr, 25, double.PositiveInfinity));
    }

    [Fact]
    public void DetailsTellThemAndTheRangesThatTheyCover()
    {
        IpuModel model = Calibrated(Convolution, Pointwise);
        TensorSpec read = model.Graph[model.Graph.Nodes.Single(n => n.Name == "y").Inputs[0]];
        TensorDetail detail = IpuEngine.TensorDetails(model).Single(d => d.Name == read.Name);
        Assert.Equal(read.Quant!.Offsets, detail.Offsets);
        for (int c = 0; c < Channels; c++)
        {
            double zero = detail.ZeroPoint + detail.Offsets[c];
            Assert.InRange(detail.Min[c], (-zero - 1) * detail.Scale[c], detail.Max[c]);
            Assert.InRange(detail.Max[c], detail.Min[c], (256 - zero) * detail.Scale[c]);
        }
    }

    private static QuantParam Read(IpuModel model) => model.Graph[model.Graph.Nodes.Single(n => n.Name == "y").Inputs[0]].Quant!;

    private static IpuModel Calibrated(string writer, string reader, CalibrationLevel level = CalibrationLevel.L3)
    {
        var editor = new GraphEditor("offsets");
        editor.AddInput(new TensorSpec("x", DataType.Float32, new Shape(1, Side, Side, 3)));
        string[] biases = [.. new[] { "b1", "b2" }.Select(b => editor.AddConstant(b, Tensor.FromArray<float>([.. Enumerable.Range(0, Channels).Select(c => c % 2 == 0 ? 1f : -1f)], Channels)))];
        string read = editor.Add("left", new Conv2DOp(), "x", Weights(editor, "w1", Channels, 3, 1), biases[0]);
        if (writer != Convolution)
        {
            editor.Add("right", new Conv2DOp(), "x", Weights(editor, "w2", Channels, 3, 1), biases[1]);
            read = editor.Add("sum", new AddOp(), "left", "right");
        }

        (IpuOperator op, string weights, int outputs) = reader switch
        {
            Depthwise => (new DepthwiseConv2DOp { PadTop = 1, PadBottom = 1, PadLeft = 1, PadRight = 1 }, Weights(editor, "w3", 1, 2 * Channels, 3), 2 * Channels),
            Padded => (new Conv2DOp { PadTop = 1, PadBottom = 1, PadLeft = 1, PadRight = 1 }, Weights(editor, "w3", 4, Channels, 3), 4),
            _ => ((IpuOperator)new Conv2DOp(), Weights(editor, "w3", 4, Channels, 1), 4),
        };
        editor.Add("y", op, read, weights, editor.AddConstant("b3", new Tensor(DataType.Float32, new Shape(outputs))));
        editor.Outputs.Add("y");
        if (writer == SharedSum)
        {
            editor.Add("z", new AddOp(), "sum", "left");
            editor.Outputs.Add("z");
        }

        Graph graph = editor.ToGraph();
        return IpuEngine.Calibrate(new IpuModel(graph.Name, IpuStage.Float, graph), new CalibrationOptions(new Images()) { Level = level });
    }

    private static string Weights(GraphEditor editor, string name, int outputs, int inputs, int size)
    {
        var random = new Random(outputs);
        return editor.AddConstant(name, Tensor.FromArray<float>([.. Enumerable.Range(0, outputs * inputs * size * size).Select(_ => (random.NextSingle() * 0.6f) - 0.3f)], outputs, size, size, inputs));
    }

    private static float[] Run(IpuModel model, Tensor x)
    {
        using IModelRunner runner = IpuEngine.OpenRunner(model);
        return runner.Run(new Dictionary<string, Tensor> { ["x"] = x }, CancellationToken.None)["y"].ToFloats();
    }

    /// <summary>Signal over noise of the outputs on all images; what is the same in all of them is no signal.</summary>
    private static double Decibels(IpuModel model)
    {
        IEnumerable<float[]> Outputs(IpuModel m) => IpuEngine.Run(m, new RunOptions(new Images())).Select(r => r.Outputs["y"].ToFloats());
        return Decibels([.. Outputs(model.Calibration!.Float).Zip(Outputs(model))]);
    }

    private static double Decibels((float[] Real, float[] Rounded)[] values)
    {
        double mean = values.Average(v => v.Real.Average(r => (double)r));
        return 10 * Math.Log10(values.Sum(v => v.Real.Sum(r => (r - mean) * (r - mean))) / values.Sum(v => v.Real.Zip(v.Rounded, (a, b) => Math.Pow((double)a - b, 2)).Sum()));
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
