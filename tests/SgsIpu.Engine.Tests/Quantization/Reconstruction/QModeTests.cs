using SgsIpu.Core;
using SgsIpu.Engine.Compilation;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Quantization.Reconstruction;

/// <summary>The Q modes on the sample network.</summary>
public sealed class QModeTests
{
    [Theory]
    [InlineData(QMode.Q10, "16")]
    [InlineData(QMode.Q20, "16")]
    [InlineData(QMode.Q1, "8")]
    [InlineData(QMode.Q11, "8")]
    [InlineData(QMode.Q21, "8")]
    [InlineData(QMode.Q12, "8 16")]
    [InlineData(QMode.Q2, "8 16")]
    [InlineData(QMode.Q22, "8 16")]
    public void WeightsHaveTheBitsOfTheGuidesTable(QMode mode, string allowed)
    {
        IpuModel model = Calibrate(mode, null);
        Assert.All(WeightTypes(model), t => Assert.Contains(t.Bits().ToString(System.Globalization.CultureInfo.InvariantCulture), allowed.Split(' ')));
        Assert.Equal(WeightTypes(model).Select(t => t.Bits()), model.Report!.Layers.Select(l => l.Bit));
    }

    [Theory]
    [InlineData(QMode.Q13, 0.25)]
    [InlineData(QMode.Q13, 0.4)]
    [InlineData(QMode.Q23, 0.25)]
    [InlineData(QMode.Q23, 0.4)]
    [InlineData(QMode.Q13, 0.6)]
    [InlineData(QMode.Q23, 1.0)]
    public void TheRateIsReachedAndNotExceeded(QMode mode, double rate)
    {
        IpuModel model = Calibrate(mode, FormattableString.Invariant($"mp_rate: {rate}"));
        (DataType Type, long Count)[] weights = [.. Weights(model).Select(w => (w.Type, w.Shape.Count))];
        double reached = weights.Sum(w => (double)w.Type.Bits() * w.Count) / weights.Sum(w => w.Count) / 16;
        Assert.Equal(reached, model.Report!.CompressionRate!.Value, 1e-9);
        Assert.InRange(reached, rate - 0.15, rate);
    }

    [Fact]
    public void WithoutARateOneIsRecommendedAndUsed()
    {
        IpuModel model = Calibrate(QMode.Q23, null);
        Assert.InRange(model.Report!.RecommendedRate!.Value, 0.25, 0.45);
        Assert.True(model.Report.CompressionRate <= model.Report.RecommendedRate);
        Assert.Contains(model.Report.Warnings, w => w.Contains("mp_rate", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(QMode.Q21, null)]
    [InlineData(QMode.Q22, null)]
    [InlineData(QMode.Q23, "mp_rate: 0.3")]
    public void TheResultDoesNotDependOnHowManySamplesRunAtOnce(QMode mode, string? config)
    {
        byte[] one = SimFile.Write(Calibrate(mode, config, 1));
        Assert.Equal(one, SimFile.Write(Calibrate(mode, config, 3)));
    }

    [Fact]
    public void WeightsOfFourBitsAreTheSameInFilesAndImages()
    {
        IpuModel model = Calibrate(QMode.Q23, "mp_rate: 0.25");
        Assert.Contains(DataType.Int4, WeightTypes(model));
        IpuModel offline = IpuEngine.Compile(model, new CompileOptions());
        float[][] expected = Logits(model);
        Assert.Equal(expected, Logits(SimFile.Read(SimFile.Write(model), "x.sim")));
        Assert.Equal(expected, Logits(ImageReader.Read(ImageWriter.Write(offline), "x.img")));
        Assert.InRange(ConstantBytes(model), 1, ConstantBytes(Calibrate(QMode.Q21, null)) - (Weights(model).Sum(w => w.Shape.Count) / 3));
    }

    [Fact]
    public void RebuiltWeightsOfFourBitsFollowTheRealOnesBetterThanRoundedOnes()
    {
        double rounded = Noise(Calibrate(QMode.Q13, "mp_rate: 0.25"));
        double rebuilt = Noise(Calibrate(QMode.Q23, "mp_rate: 0.25"));
        Assert.True(rebuilt < rounded, $"{rebuilt} is not below {rounded}");
    }

    /// <summary>Q12 is what level 5 makes, which Q22 begins with.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(42.0)]
    [InlineData(48.0)]
    public void RebuildingNeverTakesMoreOfTheWorkTo16Bits(double? target)
    {
        CalibrationOptions options = Options(null) with { TargetSqnr = target };
        long plain = WideMacs(IpuEngine.Calibrate(SampleModel.Float, options with { QMode = QMode.Q12 }));
        Assert.InRange(WideMacs(IpuEngine.Calibrate(SampleModel.Float, options with { QMode = QMode.Q22 })), 0, plain);
    }

    /// <summary>A network of few layers, where taking none back alone is good enough.</summary>
    [AssetTheory]
    [InlineData("tflite/resnet8_cifar10/pretrainedResnet.tflite", "cifar10")]
    public void LayersAreTradedForOthersThatTakeLess(string path, string images)
    {
        IpuModel plain = IpuEngine.Import(new ImportOptions(Assets.Model(path)));
        string text = $"[INPUT_CONFIG]\ninputs={plain.Graph.Inputs[0]};\ntraining_input_formats=RGB;\ninput_formats=BGR;\nquantizations=TRUE;\nmean=0;\nstd_value=1;\n[OUTPUT_CONFIG]\noutputs={plain.Graph.Outputs[0]};\ndequantizations=TRUE;\n";
        IpuModel model = plain with { InputConfig = InputConfig.Parse(text, "test.ini") };
        using FileSampleSource samples = SampleSources.Open(model, new SampleSourceOptions([.. Directory.GetFiles(Path.Combine(Assets.Root!, "images", images), "*.jpg", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where((_, i) => i % 2 == 0)]));
        IpuModel five = IpuEngine.Calibrate(model, new CalibrationOptions(samples) { QMode = QMode.Q12 });
        IpuModel rebuilt = IpuEngine.Calibrate(model, new CalibrationOptions(samples) { QMode = QMode.Q22 });
        Assert.InRange(WideMacs(rebuilt), 1, WideMacs(five) - 1);
        Assert.Contains(rebuilt.Report!.Steps, s => s.StartsWith("8 bits for '", StringComparison.Ordinal) && !s.EndsWith("left alone", StringComparison.Ordinal));
    }

    [Fact]
    public void PresetsCount()
    {
        string weights = SampleModel.Float.Nodes.First(n => n.Op is Conv2DOp).Inputs[1];
        IpuModel model = IpuEngine.Calibrate(SampleModel.Float, Options(QuantConfig.Parse($"QUANT_CONFIG: {{use_preset_min_max_bit: 1}}\nPRESET_MIN_MAX_BIT: [{{name: \"{weights}\", bit: 16}}]", "q.yaml")) with { QMode = QMode.Q11 });
        Assert.Equal([16, 8], model.Report!.Layers.Select(l => l.Bit).Distinct());
    }

    [Fact]
    public void AnAbsentGpuIsToldAndTheCpuUsed()
    {
        IpuModel cpu = Calibrate(QMode.Q21, "device: cpu");
        IpuModel gpu = Calibrate(QMode.Q21, "device: 'cuda:0'");
        bool present = Microsoft.ML.OnnxRuntime.OrtEnv.Instance().GetAvailableProviders().Contains("CUDAExecutionProvider");
        Assert.Empty(cpu.Report!.Warnings);
        Assert.Equal(present ? 0 : 1, gpu.Report!.Warnings.Length);
        Assert.True(present || Logits(cpu).Zip(Logits(gpu)).All(p => p.First.SequenceEqual(p.Second)));
    }

    [Fact]
    public void BytesOfWeightsAreToldByTheirBits()
    {
        IpuModel model = Calibrate(QMode.Q23, "mp_rate: 0.3");
        foreach ((int bits, long bytes) in IpuModelInfo.Of(model).WeightBytes)
        {
            Assert.Equal(Weights(model).Where(w => w.Type.Bits() == bits).Sum(w => w.ByteCount), bytes);
        }

        Assert.Equal([8, 4], IpuModelInfo.Of(model).WeightBytes.Select(w => w.Key));
    }

    [Fact]
    public void AnUnknownTensorIsNamedWithItsLine()
    {
        QuantConfig config = QuantConfig.Parse("QUANT_CONFIG: {use_preset_min_max_bit: 1}\nPRESET_MIN_MAX_BIT:\n[\n{name: nothing, bit: 8}\n]", "q.yaml");
        IpuException e = Assert.Throws<IpuException>(() => IpuEngine.Calibrate(SampleModel.Float, Options(config) with { QMode = QMode.Q11 }));
        Assert.Equal("QuantConfigTensor", e.ErrorId);
        Assert.Contains("q.yaml(4)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ACancelledReconstructionEnds()
    {
        using var stop = new CancellationTokenSource();
        var progress = new Stopping(stop);
        using FileSampleSource samples = SampleModel.Open(SampleModel.Float, "calibration");
        Assert.ThrowsAny<OperationCanceledException>(() => IpuEngine.Calibrate(SampleModel.Float, new CalibrationOptions(samples) { QMode = QMode.Q21 }, progress, stop.Token));
    }

    private static CalibrationOptions Options(QuantConfig? config) => new(SampleModel.Open(SampleModel.Float, "calibration")) { QuantConfig = config };

    private static IpuModel Calibrate(QMode mode, string? config, int parallel = 2) =>
        IpuEngine.Calibrate(SampleModel.Float, Options(config is null ? null : QuantConfig.Parse($"QUANT_CONFIG: {{{config}}}", "q.yaml")) with { QMode = mode, NumProcess = parallel });

    private static long WideMacs(IpuModel model) => model.Report!.Layers.Where(l => l.Bit == 16).Sum(l => l.Macs);

    private static IEnumerable<TensorSpec> Weights(IpuModel model) =>
        model.Nodes.Where(n => n.Op is ImageConvolutionOp or FullyConnectedOp).Select(n => model.Graph[n.Inputs[1]]);

    private static IEnumerable<DataType> WeightTypes(IpuModel model) => Weights(model).Select(w => w.Type);

    private static long ConstantBytes(IpuModel model) => IpuModelInfo.Of(model).ConstantBytes;

    private static float[][] Logits(IpuModel model)
    {
        using FileSampleSource samples = SampleModel.Open(model, "evaluation");
        return [.. IpuEngine.Run(model, new RunOptions(samples) { NumProcess = 2 }).Select(r => r.Outputs["logits"].ToFloats())];
    }

    private static double Noise(IpuModel model) =>
        Logits(SampleModel.Float).Zip(Logits(model)).Sum(p => p.First.Zip(p.Second).Sum(v => Math.Pow(v.First - v.Second, 2)));

    private sealed class Stopping(CancellationTokenSource stop) : IProgress<IpuProgress>
    {
        public void Report(IpuProgress value)
        {
            if (value.Phase.StartsWith("Rebuilding", StringComparison.Ordinal) && value.Done == 2)
            {
                stop.Cancel();
            }
        }
    }
}
