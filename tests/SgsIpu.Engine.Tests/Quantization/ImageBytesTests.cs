using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Tests.Preprocessing;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Quantization;

/// <summary>Convolutions in 8 bits that read an image whose channels have different means and deviations.</summary>
public sealed class ImageBytesTests
{
    private const int Side = 9;
    private const int Outputs = 4;
    private const float Unit = 1e-4f;
    private static readonly float[] Deviation = [58.395f, 57.12f, 57.375f];
    private static readonly float[] Mean = [123.675f, 116.28f, 127.5f];

    [Theory]
    [InlineData("RGB")]
    [InlineData("BGR")]
    public void TheirIntegersAreTheBytes(string training)
    {
        IpuModel model = Calibrated(training, CalibrationLevel.L2);
        Node normalize = model.Graph.Nodes.Single(n => n.Op is NormalizeImageOp);
        QuantParam mapping = model.Graph[normalize.Outputs[0]].Quant!;
        Assert.Equal(training == "RGB" ? [124, 116, 127] : [127, 116, 124], Enumerable.Range(0, 3).Select(mapping.ZeroOf));
        short[] table = model.Graph[normalize.Inputs[1]].Constant!.As<short>().ToArray();
        Assert.Equal([.. Enumerable.Range(0, 3 * 256).Select(i => (short)(i % 256))], table);
    }

    /// <summary>The weights times the deviations are whole numbers of one unit, so that only the padding rounds: 0 is no whole byte.</summary>
    [Theory]
    [InlineData("RGB")]
    [InlineData("BGR")]
    public void NothingIsLostBetweenThem(string training)
    {
        IpuModel model = Calibrated(training, CalibrationLevel.L2);
        byte[] image = Bytes(100);
        float[] exact = Run(model.Calibration!.Float, "data", Tensor.FromArray<float>(Normalized(image, training), 1, Side, Side, 3));
        float[] seen = Run(model, "data", Tensor.FromArray<byte>(image, 1, Side, Side, 3));
        float step = exact.Max(Math.Abs) / short.MaxValue * 4;
        int[] weights = Integers();
        for (int i = 0; i < exact.Length; i++)
        {
            (int h, int w, int o) = (i / Outputs / Side, i / Outputs % Side, i % Outputs);
            bool border = h is 0 or Side - 1 || w is 0 or Side - 1;
            float half = border ? weights.Skip(o * 27).Take(27).Sum(Math.Abs) * Unit / 2 : 0;
            Assert.InRange(seen[i], exact[i] - half - step, exact[i] + half + step);
        }
    }

    [Fact]
    public void Level1KeepsOneMappingForAllChannels()
    {
        IpuModel model = Calibrated("RGB", CalibrationLevel.L1);
        Assert.True(model.Graph[model.Graph.Nodes.Single(n => n.Op is NormalizeImageOp).Outputs[0]].Quant!.IsPerTensor);
    }

    private static IpuModel Calibrated(string training, CalibrationLevel level)
    {
        var editor = new GraphEditor("image");
        editor.AddInput(new TensorSpec("data", DataType.Float32, new Shape(1, Side, Side, 3)));
        float[] deviation = training == "RGB" ? Deviation : [.. Deviation.Reverse()];
        string weights = editor.AddConstant("w", Tensor.FromArray<float>([.. Integers().Select((n, i) => n * Unit * deviation[i % 3])], Outputs, 3, 3, 3));
        editor.Add("out0", new Conv2DOp { PadTop = 1, PadBottom = 1, PadLeft = 1, PadRight = 1 }, "data", weights, editor.AddConstant("b", Tensor.FromArray<float>([0.5f, -0.25f, 0, 1], Outputs)));
        editor.Outputs.Add("out0");
        Graph graph = editor.ToGraph();
        var config = Models.Config(training, "RGB", string.Join(':', Mean.Select(Text)), string.Join(':', Deviation.Select(Text)));
        var model = new IpuModel(graph.Name, IpuStage.Float, graph) { InputConfig = config };
        return IpuEngine.Calibrate(model, new CalibrationOptions(new Images(training)) { Level = level });
    }

    private static string Text(float value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Weights of each output, one of them the largest that there is.</summary>
    private static int[] Integers()
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, Outputs * 27).Select(i => i % 27 == 0 ? 127 : random.Next(-127, 128))];
    }

    private static byte[] Bytes(int seed)
    {
        byte[] bytes = new byte[Side * Side * 3];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>What the network reads of RGB bytes.</summary>
    private static float[] Normalized(byte[] rgb, string training) =>
        [.. rgb.Select((_, i) => training == "RGB" ? i : i - (i % 3) + 2 - (i % 3)).Select(i => (rgb[i] - Mean[i % 3]) / Deviation[i % 3])];

    private static float[] Run(IpuModel model, string input, Tensor x)
    {
        using IModelRunner runner = IpuEngine.OpenRunner(model);
        return runner.Run(new Dictionary<string, Tensor> { [input] = x }, CancellationToken.None)["out0"].ToFloats();
    }

    private sealed class Images(string training) : ISampleSource
    {
        public int Count => 10;

        public Sample Read(int index, bool norm, CancellationToken cancellationToken) =>
            new($"{index}", [Tensor.FromArray<float>(Normalized(Bytes(index), training), 1, Side, Side, 3)]);
    }
}
