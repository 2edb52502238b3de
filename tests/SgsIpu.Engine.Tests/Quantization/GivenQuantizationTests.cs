using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.QuantParams;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Quantization;

/// <summary>What a user asks of tensors: the possible wins over calibration, the impossible is refused with a reason.</summary>
public sealed class GivenQuantizationTests
{
    private static readonly string Weights = Convolution("pw0_relu").Inputs[1];

    private static string Bias => Convolution("pw0_relu").Inputs[2];

    [Theory]
    [InlineData("pw0_relu")]
    [InlineData("image")]
    public void SixteenBitsWidenATensorAndTheConvolutionsThatReadIt(string tensor)
    {
        IpuModel model = Calibrate(new GivenQuantization(tensor) { Bit = 16 });
        Assert.True(Taken(model, tensor, "Bit"));
        foreach (Node reader in SampleModel.Float.Graph.Consumers(tensor))
        {
            Node node = model.Nodes.Single(n => n.Name == reader.Name);
            Assert.Equal(DataType.Int16, model.Graph[node.Inputs[0]].Type);
            Assert.Equal(DataType.Int16, model.Graph[node.Inputs[1]].Type);
        }

        Assert.Equal(Narrow(Calibrate()) - SampleModel.Float.Graph.Consumers(tensor).Count, Narrow(model));
    }

    [Fact]
    public void EightBitsOfAGivenTensorWinOverTheConfiguration()
    {
        IpuModel wide = SampleModel.With(t => t + "\n[CONV_CONFIG]\ninput_format=ALL_INT16;");
        Assert.Equal(0, Narrow(SampleModel.Calibrate(wide, CalibrationLevel.L1, 2)));
        Assert.Equal(1, Narrow(SampleModel.Calibrate(wide with { Given = [new GivenQuantization(Weights) { Bit = 8 }] }, CalibrationLevel.L1, 2)));
    }

    [Fact]
    public void AGivenRangeIsTheRangeOfTheIntegers()
    {
        IpuModel model = Calibrate(new GivenQuantization("stem_relu") { Min = [-1], Max = [9.2f] }, new GivenQuantization(Weights) { Min = [-0.25f], Max = [0.5f] }, new GivenQuantization(Convolution("pw0_relu").Inputs[0]) { Min = [0], Max = [8] });
        Assert.True(QuantParam.UInt8(-1, 9.2f).SameMapping(model.Graph["stem_relu"].Quant!));
        TensorSpec weights = model.Graph[Weights];
        Assert.All(weights.Quant!.Scale, s => Assert.Equal(0.5 / 127, s, 1e-12));
        float[] original = SampleModel.Float.Graph[Weights].Constant!.ToFloats();
        sbyte[] rounded = weights.Constant!.As<sbyte>().ToArray();
        for (int i = 0; i < original.Length; i++)
        {
            Assert.Equal((sbyte)Math.Round(Math.Clamp(original[i], -0.25, 0.5) * 127 / 0.5, MidpointRounding.ToEven), rounded[i]);
        }
    }

    [Fact]
    public void AGivenRangeOfEachChannelIsTakenWhereConvolutionsTakeScalesForEach()
    {
        int channels = SampleModel.Float.Graph["stem_relu"].Shape[-1];
        float[] max = [.. Enumerable.Range(1, channels).Select(c => c / 4f)];
        IpuModel model = Calibrate(new GivenQuantization("stem_relu") { Min = [.. new float[channels]], Max = [.. max] });
        QuantParam quant = model.Graph["stem_relu"].Quant!;
        Assert.Equal(max, quant.Max.ToArray());
        Assert.True(Taken(model, "stem_relu", "Range"));
        Assert.Equal("", Outcome(model, "stem_relu", "Range").Reason);
    }

    [Fact]
    public void GivenValuesOfAConstantReplaceIt()
    {
        TensorSpec weights = SampleModel.Float.Graph[Weights];
        IpuModel model = Calibrate(new GivenQuantization(Weights) { Data = new Tensor(DataType.Float32, weights.Shape) });
        Assert.True(Taken(model, Weights, "Data"));
        Assert.All(model.Graph[Weights].Constant!.ToFloats(), w => Assert.Equal(0, w));
        Assert.NotEqual(0, weights.Constant!.ToFloats().Sum(Math.Abs));
    }

    [Theory]
    [InlineData("no_such_tensor", 8, new float[0], new float[0], "Tensor")]
    [InlineData("stem_relu", 7, new float[0], new float[0], "Bit")]
    [InlineData("logits", 8, new float[0], new float[0], "Bit")]
    [InlineData("stem_relu", 0, new[] { 2f }, new[] { 1f }, "Range")]
    [InlineData("stem_relu", 0, new[] { 0f, 0f }, new[] { 1f, 1f }, "Range")]
    [InlineData("stem_relu", 0, new[] { float.NaN }, new[] { 1f }, "Range")]
    [InlineData("stem_relu", 0, new[] { 0f }, new[] { float.PositiveInfinity }, "Range")]
    [InlineData("stem_relu", 0, new[] { 0f }, new float[0], "Range")]
    [InlineData("<bias>", 8, new[] { -1f }, new[] { 1f }, "Bit", "Range")]
    [InlineData("<weights>", 4, new[] { 0f, 0f }, new[] { 1f, 1f }, "Bit", "Range")]
    public void TheImpossibleIsRefusedWithAReasonAndCalibrationDecides(string name, int bit, float[] min, float[] max, params string[] what)
    {
        string tensor = name switch { "<bias>" => Bias, "<weights>" => Weights, _ => name };
        IpuModel model = Calibrate(new GivenQuantization(tensor) { Bit = bit == 0 ? null : bit, Min = [.. min], Max = [.. max], Source = "test" });
        Assert.Equal(what, model.Report!.Given.Select(o => o.What).Order(StringComparer.Ordinal));
        Assert.All(model.Report.Given, o => Assert.True(o is { Taken: false, Reason.Length: > 0, Source: "test" } && o.Tensor == tensor));
        Assert.Equal(SimFile.Write(Calibrate()), SimFile.Write(model with { Given = [] }));
    }

    [Fact]
    public void DataOfTheWrongShapeOrOfAComputedTensorIsRefused()
    {
        IpuModel model = Calibrate(
            new GivenQuantization(Weights) { Data = new Tensor(DataType.Float32, new Shape(3)) },
            new GivenQuantization("stem_relu") { Data = new Tensor(DataType.Float32, new Shape(3)) });
        Assert.Equal([false, false], model.Report!.Given.Select(o => o.Taken));
    }

    [Fact]
    public void BitsOfTheInputWinOverThoseOfTheWeights()
    {
        IpuModel model = Calibrate(new GivenQuantization(Convolution("pw0_relu").Inputs[0]) { Bit = 8 }, new GivenQuantization(Weights) { Bit = 16 });
        Assert.False(Taken(model, Weights, "Bit"));
        Assert.Contains("pw0", Outcome(model, Weights, "Bit").Reason, StringComparison.Ordinal);
        Assert.Equal(DataType.Int8, model.Graph[Weights].Type);
    }

    [Fact]
    public void WhatIsAskedLaterWins()
    {
        IpuModel model = Calibrate(new GivenQuantization("stem_relu") { Bit = 16, Max = [4], Min = [0] }, new GivenQuantization("stem_relu") { Bit = 8 });
        Assert.Equal((DataType.UInt8, 4f), (model.Graph["stem_relu"].Type, model.Graph["stem_relu"].Quant!.Max[0]));
    }

    [Theory]
    [InlineData(CalibrationLevel.L1)]
    [InlineData(CalibrationLevel.L2)]
    public void AskingTheFixedModelIsAskingTheFloatOneAndCalibratingAgain(CalibrationLevel level)
    {
        GivenQuantization wish = new("pw0_relu") { Bit = 16 };
        IpuModel again = IpuEngine.Ask(SampleModel.Calibrate(SampleModel.Float, level, 2), [wish]);
        IpuModel anew = SampleModel.Calibrate(IpuEngine.Ask(SampleModel.Float, [wish]), level, 2);
        Assert.Equal(SimFile.Write(anew), SimFile.Write(again));
        Assert.True(Taken(again, "pw0_relu", "Bit"));
    }

    [Fact]
    public void AFixedModelOfAFileCannotBeAsked()
    {
        IpuModel read = SimFile.Read(SimFile.Write(SampleModel.Fixed), "x.sim");
        Assert.Equal("StatisticsAbsent", Assert.Throws<IpuException>(() => IpuEngine.Ask(read, [new GivenQuantization("pw0_relu") { Bit = 16 }])).ErrorId);
        IpuModel offline = IpuEngine.Compile(SampleModel.Fixed, new CompileOptions());
        Assert.Equal("WrongStage", Assert.Throws<IpuException>(() => IpuEngine.Ask(offline, [new GivenQuantization("pw0_relu") { Bit = 16 }])).ErrorId);
    }

    [Fact]
    public void WishesTravelInTheFile()
    {
        IpuModel asked = IpuEngine.Ask(SampleModel.Float, [new GivenQuantization("stem_relu") { Bit = 16, Min = [-1], Max = [2] }, new GivenQuantization(Weights) { Data = new Tensor(DataType.Float32, SampleModel.Float.Graph[Weights].Shape) }]);
        IpuModel read = SimFile.Read(SimFile.Write(asked), "x.sim");
        Assert.Equal(SimFile.Write(SampleModel.Calibrate(asked, CalibrationLevel.L1, 2)), SimFile.Write(SampleModel.Calibrate(read with { SourcePath = asked.SourcePath }, CalibrationLevel.L1, 2)));
    }

    /// <summary>Ranges are exported as single-precision numbers, and where a tensor is there in both types, as that of 8 bits.</summary>
    [Theory]
    [InlineData(CalibrationLevel.L1)]
    [InlineData(CalibrationLevel.L2)]
    [InlineData(CalibrationLevel.L5)]
    public void WhatWasExportedGivesTheSameIntegersOfEightBitsAgain(CalibrationLevel level)
    {
        IpuModel model = SampleModel.Calibrate(SampleModel.Float, level, 2);
        IpuModel again = SampleModel.Calibrate(SampleModel.Float with { Given = [.. QuantParamExport.Of(model, includeData: false)] }, level, 2);
        TensorSpec[] narrow = [.. model.Graph.Tensors.Values.Where(t => t is { IsConstant: false, Type: DataType.UInt8, Quant: not null })];
        Assert.Equal(level > CalibrationLevel.L1, narrow.Any(t => !t.Quant!.Offsets.IsEmpty));
        foreach (TensorSpec tensor in narrow)
        {
            (QuantParam quant, QuantParam other) = (tensor.Quant!, again.Graph[tensor.Name].Quant!);
            Assert.Equal(quant.ZeroPoint, other.ZeroPoint);
            Assert.Equal(quant.Offsets.ToArray(), other.Offsets.ToArray());
            Assert.Equal(quant.Scale.Length, other.Scale.Length);
            Assert.All(quant.Scale.Zip(other.Scale), s => Assert.Equal(1, s.Second / s.First, 1e-6));
        }
    }

    /// <summary>Values as they are rounded need no correction of biases: those that have it go with them. They are exported as single-precision numbers.</summary>
    [Fact]
    public void ValuesThatWereExportedGiveTheSameWeightsAndBiasesAgain()
    {
        IpuModel model = SampleModel.Fixed;
        IpuModel again = SampleModel.Calibrate(SampleModel.Float with { Given = [.. QuantParamExport.Of(model, includeData: true)] }, CalibrationLevel.L2, 2);
        Assert.All(again.Report!.Given, o => Assert.True(o.Taken, $"{o}"));
        TensorSpec[] constants = [.. model.Graph.Tensors.Values.Where(t => t is { IsConstant: true, Type: DataType.Int8 or DataType.Int32, Quant: not null })];
        Assert.Contains(constants, c => c.Type == DataType.Int32);
        foreach (TensorSpec constant in constants)
        {
            Assert.All(constant.Constant!.ToLongs().Zip(again.Graph[constant.Name].Constant!.ToLongs()), v => Assert.InRange(v.Second - v.First, -(Math.Abs(v.First) >> 20) - 1, (Math.Abs(v.First) >> 20) + 1));
        }
    }

    private static Node Convolution(string output) => SampleModel.Float.Graph.Producer(output)!;

    private static IpuModel Calibrate(params ImmutableArray<GivenQuantization> given) => SampleModel.Calibrate(SampleModel.Float with { Given = given }, CalibrationLevel.L1, 2);

    private static GivenOutcome Outcome(IpuModel model, string tensor, string what) => model.Report!.Given.Single(o => o.Tensor == tensor && o.What == what);

    private static bool Taken(IpuModel model, string tensor, string what) => Outcome(model, tensor, what).Taken;

    private static int Narrow(IpuModel model) => model.Nodes.Count(n => n.Op is Conv2DOp or DepthwiseConv2DOp or FullyConnectedOp && model.Graph[n.Inputs[0]].Type == DataType.UInt8);
}
