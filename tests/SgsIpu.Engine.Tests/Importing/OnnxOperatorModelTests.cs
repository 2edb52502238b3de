using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Frontends.Onnx;

namespace SgsIpu.Engine.Tests.Importing;

/// <summary>Small ONNX models, written here, through import and calibration.</summary>
public sealed class OnnxOperatorModelTests
{
    [Fact]
    public void EveryUnsupportedOperatorIsNamedAtOnceWithWhatToDo()
    {
        IpuException error = Assert.Throws<IpuException>(() => Import(
            [X(2, 3)],
            [.. "abcde".Select(o => new SourceTensor($"{o}", DataType.Float32, [2, 3]))],
            [Node("Reluu", ["x"], ["a"]), Node("Reluu", ["x"], ["b"]), Node("NonZero", ["x"], ["c"]), Node("Loop", ["x"], ["d"]), Node("Blorb", ["x"], ["e"])],
            []));
        Assert.Equal("UnsupportedOperator", error.ErrorId);
        Assert.Contains("Reluu (2×, first 'a') – the nearest that is supported is Relu", error.Message, StringComparison.Ordinal);
        Assert.Contains("NonZero (1×, first 'c') – the size of its output depends on the data", error.Message, StringComparison.Ordinal);
        Assert.Contains("Loop (1×, first 'd') – export the model without control flow", error.Message, StringComparison.Ordinal);
        Assert.Contains("Blorb (1×, first 'e')", error.Message, StringComparison.Ordinal);
    }

    /// <summary>By hand: UINT8 at scale 0.1 around 100 reaches from −10 to 15.5.</summary>
    [Fact]
    public void TheRangesOfAQuantizedModelAreTakenAsGiven()
    {
        IpuModel model = Import(
            [X(1, 4)],
            [new SourceTensor("y", DataType.Float32, [1, 4])],
            [
                Node("QuantizeLinear", ["x", "scale", "zero"], ["q"]),
                Node("DequantizeLinear", ["q", "scale", "zero"], ["d"]),
                Node("DequantizeLinear", ["w", "wscale"], ["weights"]),
                Node("MatMul", ["d", "weights"], ["y"]),
            ],
            new()
            {
                ["scale"] = Tensor.Scalar(0.1f),
                ["zero"] = Tensor.Scalar((byte)100),
                ["w"] = Tensor.FromArray<sbyte>([2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2], 4, 4),
                ["wscale"] = Tensor.Scalar(0.5f),
            });
        Assert.Equal(["FullyConnected"], model.Nodes.Select(n => n.Op.Name));
        GivenQuantization given = Assert.Single(model.Given);
        Assert.Equal("x", given.Tensor);
        Assert.Equal([-10f], given.Min, (a, b) => Math.Abs(a - b) < 1e-5);
        Assert.Equal([15.5f], given.Max, (a, b) => Math.Abs(a - b) < 1e-5);
        Tensor sample = Tensor.FromArray([-1f, 0.5f, 1f, 0.25f], 1, 4);
        IpuModel integers = Calibrate(model, sample);
        Assert.True(integers.Report!.Given.Single(o => o.Tensor == "x").Taken);
        using IModelRunner runner = IpuEngine.OpenRunner(integers);
        float[] y = runner.Run(new Dictionary<string, Tensor> { ["x"] = sample }, CancellationToken.None)["y"].ToFloats();
        Assert.All(sample.ToFloats().Zip(y), p => Assert.InRange(p.Second, p.First - 0.06, p.First + 0.06));
    }

    /// <summary>By hand: 2·x + 1 + z, then slope 0.5 below 0.</summary>
    [Fact]
    public void AFusedConvolutionIsItsParts()
    {
        SourceNode fused = new(
            "conv", "FusedConv", ["x", "w", "b", "z"], ["y"], new Dictionary<string, object> { ["activation"] = "LeakyRelu", ["activation_params"] = new[] { 0.5f } })
        { Domain = "com.microsoft" };
        IpuModel model = Import(
            [X(1, 1, 1, 3), new SourceTensor("z", DataType.Float32, [1, 1, 1, 3])],
            [new SourceTensor("y", DataType.Float32, [1, 1, 1, 3])],
            [fused],
            new() { ["w"] = Tensor.FromArray([2f], 1, 1, 1, 1), ["b"] = Tensor.FromArray([1f], 1) });
        using IModelRunner runner = IpuEngine.OpenRunner(model);
        Tensor y = runner.Run(
            new Dictionary<string, Tensor> { ["x"] = Tensor.FromArray([1f, -2f, 0f], 1, 1, 3, 1), ["z"] = Tensor.FromArray([0f, 1f, -5f], 1, 1, 3, 1) }, CancellationToken.None)["y"];
        Assert.Equal([3f, -1f, -2f], y.ToFloats());
    }

    [Theory]
    [InlineData("RAWDATA_U16_NHWC", DataType.UInt16)]
    [InlineData("RAWDATA_S16_NHWC", DataType.Int16)]
    public void AnEmbeddingTakesIndicesOfTheBoard(string format, DataType type)
    {
        Tensor table = Tensor.FromArray<float>([.. Enumerable.Range(0, 1200).Select(i => (float)Math.Sin(i))], new Shape(300, 4));
        IpuModel model = Import(
            [new SourceTensor("ids", DataType.Int64, [3])],
            [new SourceTensor("y", DataType.Float32, [3, 4])],
            [Node("Gather", ["table", "ids"], ["picked"]), Node("Relu", ["picked"], ["y"])],
            new() { ["table"] = table });
        model = model with
        {
            InputConfig = InputConfig.Parse(
                $"[INPUT_CONFIG]\ninputs=ids\ntraining_input_formats={format}\ninput_formats={format}\nquantizations=TRUE\n[OUTPUT_CONFIG]\noutputs=y\ndequantizations=TRUE\n", "input_config.ini"),
        };
        IpuModel integers = Calibrate(model, Tensor.FromArray([0L, 299, 150], 3));
        Assert.Equal(type, integers.Inputs[0].Type);
        Tensor ids = type == DataType.UInt16 ? Tensor.FromArray<ushort>([7, 299, 0], 3) : Tensor.FromArray<short>([7, 299, 0], 3);
        IpuModel offline = IpuEngine.Compile(integers, new CompileOptions());
        foreach (IpuModel stage in new[] { integers, offline })
        {
            using IModelRunner runner = IpuEngine.OpenRunner(stage);
            float[] y = runner.Run(new Dictionary<string, Tensor> { ["ids"] = ids }, CancellationToken.None)["y"].ToFloats();
            float[] expected = [.. new[] { 7, 299, 0 }.SelectMany(r => table.ToFloats().Skip(r * 4).Take(4)).Select(v => Math.Max(v, 0))];
            Assert.All(expected.Zip(y), p => Assert.InRange(p.Second, p.First - 1e-4, p.First + 1e-4));
        }
    }

    private static SourceTensor X(params ReadOnlySpan<int> shape) => new("x", DataType.Float32, [.. shape]);

    private static SourceNode Node(string opType, string[] inputs, string[] outputs) =>
        new(outputs[0], opType, [.. inputs], [.. outputs], ImmutableDictionary<string, object>.Empty);

    private static IpuModel Import(ImmutableArray<SourceTensor> inputs, ImmutableArray<SourceTensor> outputs, ImmutableArray<SourceNode> nodes, Dictionary<string, Tensor> constants)
    {
        var source = new SourceGraph("test", Framework.Onnx, inputs, outputs, nodes, constants) { OpsetVersions = ImmutableDictionary<string, int>.Empty.Add("", 17).Add("com.microsoft", 1) };
        string file = Path.Combine(Path.GetTempPath(), $"sgsipu-{Guid.NewGuid():N}.onnx");
        try
        {
            File.WriteAllBytes(file, OnnxWriter.Write(source));
            return IpuEngine.Import(new ImportOptions(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static IpuModel Calibrate(IpuModel model, Tensor sample) =>
        IpuEngine.Calibrate(model, new CalibrationOptions(new OneSample(new Sample("one", [sample]))) { Level = CalibrationLevel.L1 });

    private sealed class OneSample(Sample sample) : ISampleSource
    {
        public int Count => 1;

        public Sample Read(int index, bool norm, CancellationToken cancellationToken) => sample;
    }
}
