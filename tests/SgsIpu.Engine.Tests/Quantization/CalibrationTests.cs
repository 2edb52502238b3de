using SgsIpu.Core;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Quantization;

public sealed class CalibrationTests
{
    [Theory]
    [InlineData(CalibrationLevel.L1)]
    [InlineData(CalibrationLevel.L2)]
    [InlineData(CalibrationLevel.L3)]
    [InlineData(CalibrationLevel.L5)]
    public void TheResultDoesNotDependOnHowManySamplesRunAtOnce(CalibrationLevel level)
    {
        byte[] one = SimFile.Write(SampleModel.Calibrate(SampleModel.Float, level, 1));
        Assert.Equal(one, SimFile.Write(SampleModel.Calibrate(SampleModel.Float, level, 2)));
        Assert.Equal(one, SimFile.Write(SampleModel.Calibrate(SampleModel.Float, level, 7)));
    }

    [Theory]
    [InlineData("", 5, 4)]
    [InlineData("input_format=ALL_UINT8;", 5, 4)]
    [InlineData("input_format=ALL_INT16;", 0, 0)]
    [InlineData("input_format=CONV2D_INT16;", 0, 4)]
    [InlineData("input_format=DEPTHWISE_INT16;", 5, 0)]
    [InlineData("tensor_arrays=pw0_relu,dw2_relu;", 4, 3)]
    [InlineData("tensor_arrays=image;", 5, 4)]
    public void ConvConfigDecidesTheTypesOfConvolutions(string line, int narrowConvolutions, int narrowDepthwise)
    {
        IpuModel model = SampleModel.Calibrate(SampleModel.With(t => t + "\n[CONV_CONFIG]\n" + line), CalibrationLevel.L1, 2);
        int Narrow<T>() => model.Nodes.Count(n => n.Op is T && model.Graph[n.Inputs[0]].Type == DataType.UInt8);
        Assert.Equal((narrowConvolutions, narrowDepthwise), (Narrow<Conv2DOp>(), Narrow<DepthwiseConv2DOp>()));
    }

    [Fact]
    public void AnUnknownTensorOfTensorArraysIsNamed() =>
        Assert.Equal("ConfigTensorArrays", Assert.Throws<IpuException>(() => SampleModel.Calibrate(SampleModel.With(t => t + "\n[CONV_CONFIG]\ntensor_arrays=nothing;"), CalibrationLevel.L1, 2)).ErrorId);

    [Theory]
    [InlineData("dequantizations=TRUE;", DataType.Float32)]
    [InlineData("dequantizations=FALSE;", DataType.Int16)]
    [InlineData("dequantizations=FALSE;\noutput_formats=RAWDATA_U8_NHWC;", DataType.UInt8)]
    [InlineData("dequantizations=TRUE;\noutput_formats=RAWDATA_U8_NHWC;", DataType.Float32)]
    public void OutputsHaveTheTypeThatTheBoardReads(string lines, DataType type)
    {
        IpuModel model = SampleModel.Calibrate(SampleModel.With(t => t.Replace("dequantizations=TRUE;", lines, StringComparison.Ordinal)), CalibrationLevel.L1, 2);
        Assert.Equal(("logits", type), (model.Outputs[0].Name, model.Outputs[0].Type));
    }

    [Theory]
    [InlineData("BGRA", "", 64, 64, 4, 20)]
    [InlineData("RGB", "", 64, 64, 3, 20)]
    [InlineData("YUV_NV12", "", 96, 64, 1, 12)]
    [InlineData("RGB", "input_width_alignment=48;", 64, 96, 3, 20)]
    public void InputsAreTheBoardsBytes(string format, string line, int rows, int columns, int channels, double decibels)
    {
        IpuModel edited = SampleModel.With(t => t.Replace("input_formats=BGR;", $"input_formats={format};\n{line}", StringComparison.Ordinal));
        IpuModel model = SampleModel.Calibrate(edited, CalibrationLevel.L1, 2);
        Assert.Equal([1, rows, columns, channels], model.Inputs[0].Shape.ToArray());
        Assert.Equal(DataType.UInt8, model.Inputs[0].Type);
        Assert.InRange(Sqnr(Logits(edited), Logits(model)), decibels, 60);
    }

    [Fact]
    public void ASampleThatIsNoNumberIsNamedWithItsTensor()
    {
        var values = new float[64 * 64 * 3];
        values[77] = float.NaN;
        var source = new Held([new Sample("good", [new Tensor(DataType.Float32, new Shape(1, 64, 64, 3))]), new Sample("bad one", [Tensor.FromArray<float>(values, new Shape(1, 64, 64, 3))])]);
        IpuException e = Assert.Throws<IpuException>(() => IpuEngine.Calibrate(SampleModel.Float, new CalibrationOptions(source) { NumProcess = 2 }));
        Assert.Equal("ValueNotFinite", e.ErrorId);
        Assert.Contains("bad one", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ACancelledCalibrationEnds()
    {
        using var stop = new CancellationTokenSource();
        var source = new Held([.. Enumerable.Repeat(new Sample("zero", [new Tensor(DataType.Float32, new Shape(1, 64, 64, 3))]), 100_000)]) { Reading = i => { if (i > 5) { stop.Cancel(); } } };
        Assert.ThrowsAny<OperationCanceledException>(() => IpuEngine.Calibrate(SampleModel.Float, new CalibrationOptions(source), null, stop.Token));
        Assert.InRange(source.Reads, 1, 1000);
    }

    [Fact]
    public void EachLevelIsAtLeastAsAccurateAsTheOneBelow()
    {
        IpuModel[] models = [.. Enum.GetValues<CalibrationLevel>().Where(l => l >= CalibrationLevel.L3).Select(l => SampleModel.Calibrate(SampleModel.Float, l, 2))];
        Assert.All(models.Zip(models.Skip(1)), p => Assert.True(p.Second.Report!.OutputSqnr >= p.First.Report!.OutputSqnr, $"{p.First.Report.OutputSqnr} then {p.Second.Report.OutputSqnr}"));
    }

    [Fact]
    public void TheHighestLevelIsNoWorseOnOtherPictures()
    {
        const double Noise = 0.5;
        float[][] real = Logits(SampleModel.Float);
        double lower = Sqnr(real, Logits(SampleModel.Calibrate(SampleModel.Float, CalibrationLevel.L2, 2)));
        double highest = Sqnr(real, Logits(SampleModel.Calibrate(SampleModel.Float, CalibrationLevel.L5, 2)));
        Assert.True(highest > lower - Noise, $"L2 {lower:0.0} dB, L5 {highest:0.0} dB");
    }

    [Theory]
    [InlineData("input_format=ALL_UINT8;", false)]
    [InlineData("", true)]
    public void NothingIsRecommendedWhereTheConfigurationSaysIt(string line, bool recommends)
    {
        IpuModel model = SampleModel.Calibrate(SampleModel.With(t => t + "\n[CONV_CONFIG]\n" + line), CalibrationLevel.L5, 2);
        Assert.Equal(recommends, model.Report!.Steps.Any(s => s.StartsWith("16 bits for", StringComparison.Ordinal)));
        int wide = model.Nodes.Count(n => n.Op is Conv2DOp or DepthwiseConv2DOp && model.Graph[n.Inputs[0]].Type == DataType.Int16);
        Assert.True(recommends || wide == 0, $"{wide} convolutions in 16 bits");
    }

    [Fact]
    public void TheReportTellsEveryDecision()
    {
        IpuModel model = SampleModel.Calibrate(SampleModel.Float, CalibrationLevel.L5, 2);
        Assert.Contains(model.Report!.Steps, s => s.StartsWith("16 bits for", StringComparison.Ordinal));
        Assert.Contains(model.Report.Decisions, d => d is { QuantType: "UINT8", ByChannel: true } && d.Alternatives.Any(a => a.Observer == d.Observer));
        Assert.All(SampleModel.Float.Inputs, i => Assert.Contains(model.Report.Decisions, d => d.Tensor == i.Name && d.Observer == "Known"));
    }

    private static float[][] Logits(IpuModel model)
    {
        using FileSampleSource samples = SampleModel.Open(model, "evaluation");
        return [.. IpuEngine.Run(model, new RunOptions(samples) { NumProcess = 2 }).Select(r => r.Outputs["logits"].ToFloats())];
    }

    private static double Sqnr(float[][] signal, float[][] other) =>
        10 * Math.Log10(signal.Sum(y => y.Sum(v => (double)v * v)) / signal.Zip(other).Sum(p => p.First.Zip(p.Second).Sum(v => Math.Pow(v.First - v.Second, 2))));

    private sealed class Held(Sample[] samples) : ISampleSource
    {
        private int _reads;

        public Action<int>? Reading { get; init; }

        public int Reads => _reads;

        public int Count => samples.Length;

        public Sample Read(int index, bool norm, CancellationToken cancellationToken)
        {
            Reading?.Invoke(Interlocked.Increment(ref _reads));
            return samples[index];
        }
    }
}
