using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Quantization;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Quantization;

public sealed class BiasFittingTests
{
    /// <summary>The variance of a mean of n values is that of the values over n: of 3 and 1 it is 1, a quarter of the squared mean.</summary>
    [Theory]
    [InlineData(new[] { 2.0, 2.0, 2.0 }, 2)]
    [InlineData(new[] { 3.0, 1.0 }, 1.5)]
    [InlineData(new[] { 1.0, -1.0 }, 0)]
    [InlineData(new[] { 5.0, -4.0 }, 0)]
    [InlineData(new[] { 7.0 }, 7)]
    public void AMeanThatChanceMayHaveMadeIsNotBelieved(double[] missing, double expected) => Assert.Equal(expected, BiasFitting.Shrunk(missing), 1e-12);

    [Fact]
    public void WhatASigmoidCurveDoesNotTellApartIsNotGivenBack()
    {
        const int Side = 16;
        const float Far = -60;
        var editor = new GraphEditor("curve");
        editor.AddInput(new TensorSpec("x", DataType.Float32, new Shape(1, Side, Side, 1)));
        string weights = editor.AddConstant("w", Tensor.FromArray<float>([1, 0.01f], 2, 1, 1, 1));
        string bias = editor.AddConstant("b", Tensor.FromArray<float>([0, 0], 2));
        editor.Add("wide", new Conv2DOp(), "x", weights, bias);
        editor.Add("y", new SiluOp(), "wide");
        editor.Outputs.Add("y");
        var real = new IpuModel("curve", IpuStage.Float, editor.ToGraph());
        Tensor x = Tensor.FromArray<float>([.. Enumerable.Range(0, Side * Side).Select(i => i % 2 == 0 ? Far : 2)], 1, Side, Side, 1);
        var held = new HeldSamples(x.Bytes.Length);
        held.Offer([x]);
        IpuModel Calibrated(params GivenQuantization[] more) => IpuEngine.Calibrate(real, new CalibrationOptions(new OneSample(new Sample("x", [x]))) { Level = CalibrationLevel.L2, Given = [new GivenQuantization("x") { Bit = 16 }, .. more] });
        IpuModel integers = Calibrated();
        QuantParam range = integers.Graph["wide"].Quant!;
        Assert.True(range.Scale[0] * short.MinValue > Far, "the range ends where the curve no longer changes");
        var fitting = new BiasFitting(real.Graph, [.. held.All]);
        Assert.Equal(0, fitting.Fit(integers.Graph, CancellationToken.None)["wide"][0], 0.01);

        // Where the integers reach as far as the values, nothing is missing either; sums of the one are not those of the other.
        IpuModel far = Calibrated(new GivenQuantization("wide") { Min = [2 * Far], Max = [-2 * Far] });
        Assert.Equal(0, fitting.Fit(far.Graph, CancellationToken.None)["wide"][0], 0.01);
        Assert.Equal(0, fitting.Fit(integers.Graph, CancellationToken.None)["wide"][0], 0.01);
    }

    private sealed class OneSample(Sample sample) : ISampleSource
    {
        public int Count => 1;

        public Sample Read(int index, bool norm, CancellationToken cancellationToken) => sample;
    }
}
