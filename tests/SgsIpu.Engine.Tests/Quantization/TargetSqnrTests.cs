using System.Globalization;
using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests.Quantization;

/// <summary>16 bits for as many convolutions as a target needs, and no more.</summary>
public sealed class TargetSqnrTests
{
    [Theory]
    [InlineData(39.1)]
    [InlineData(41)]
    [InlineData(44)]
    [InlineData(48)]
    public void IsReachedAndALowerOneTakesNoMore(double target)
    {
        IpuModel model = Calibrate(target);
        Assert.InRange(model.Report!.OutputSqnr, target, double.PositiveInfinity);
        Assert.NotEqual(0, WideMacs(model));
        Assert.InRange(WideMacs(Calibrate(target - 1)), 0, WideMacs(model));
        Assert.Contains(model.Report.Steps, s => s.Contains(string.Create(CultureInfo.InvariantCulture, $"the {target:0.0} dB that are asked for"), StringComparison.Ordinal));
    }

    [Fact]
    public void NothingIsSpentOnWhatEightBitsReach()
    {
        IpuModel model = Calibrate(20);
        Assert.Equal(0, WideMacs(model));
        Assert.Contains("the 20.0 dB that are asked for need no convolution in 16 bits", model.Report!.Steps);
    }

    [Fact]
    public void AModeThatChoosesTakesItAsLevelFiveDoes() => Assert.Equal(WideMacs(Calibrate(44)), WideMacs(Calibrate(44, QMode.Q12)));

    /// <summary>What cannot be reached is come as close to as all convolutions in 16 bits come, but for what adds nothing.</summary>
    [Fact]
    public void WhatCannotBeReachedIsComeCloseTo() =>
        Assert.InRange(Calibrate(115).Report!.OutputSqnr, Calibrate(48).Report!.OutputSqnr + 3, 115);

    [Theory]
    [InlineData(CalibrationLevel.L4, null, "")]
    [InlineData(CalibrationLevel.L5, QMode.Q21, "")]
    [InlineData(CalibrationLevel.L5, null, "\n[CONV_CONFIG]\ninput_format=ALL_INT16;\n")]
    public void IsRefusedWhereNothingIsChosen(CalibrationLevel level, QMode? mode, string convolutions)
    {
        IpuModel model = SampleModel.With(t => t + convolutions);
        using FileSampleSource samples = SampleModel.Open(model, "calibration");
        Assert.Equal("TargetUnused", Assert.Throws<IpuException>(() => IpuEngine.Calibrate(model, new CalibrationOptions(samples) { Level = level, QMode = mode, TargetSqnr = 40 })).ErrorId);
    }

    private static long WideMacs(IpuModel model) => model.Nodes
        .Where(n => n.Op is Ops.ImageConvolutionOp or Ops.FullyConnectedOp && model.Graph[n.Inputs[0]].Type == DataType.Int16)
        .Sum(n => ((Ops.IpuOperator)n.Op).Cost(model.Graph.InputsOf(n), model.Graph.OutputsOf(n)).Macs);

    private static IpuModel Calibrate(double target, QMode? mode = null)
    {
        using FileSampleSource samples = SampleModel.Open(SampleModel.Float, "calibration");
        return IpuEngine.Calibrate(SampleModel.Float, new CalibrationOptions(samples) { TargetSqnr = target, QMode = mode });
    }
}
