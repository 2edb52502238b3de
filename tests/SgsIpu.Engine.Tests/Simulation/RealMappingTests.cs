using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Engine.Comparison;

namespace SgsIpu.Engine.Tests.Simulation;

public sealed class RealMappingTests
{
    /// <summary>More than a row, and no whole vectors.</summary>
    private static readonly Shape Image = new(1, 41, 29, 3);

    public static TheoryData<DataType, bool> Mappings => new() { { DataType.UInt8, false }, { DataType.UInt8, true }, { DataType.Int16, false }, { DataType.Int16, true } };

    [Theory]
    [MemberData(nameof(Mappings))]
    public void EveryElementIsItsDistanceToTheZeroPointTimesItsScale(DataType type, bool byChannel)
    {
        TensorSpec spec = Spec(type, byChannel);
        Tensor values = Integers(spec);
        float[] real = RealMapping.All(spec, values.Bytes);
        long[] integers = values.ToLongs();
        for (int i = 0; i < real.Length; i++)
        {
            Assert.Equal((integers[i] - spec.Quant!.ZeroPoint) * spec.Quant.Scale[i % spec.Quant.Scale.Length], real[i], 1e-4);
        }
    }

    [Theory]
    [MemberData(nameof(Mappings))]
    public void RealNumbersOfIntegersGiveTheIntegers(DataType type, bool byChannel)
    {
        TensorSpec spec = Spec(type, byChannel);
        Tensor values = Integers(spec);
        var back = new Tensor(type, Image);
        new RealMapping(spec).Write(RealMapping.All(spec, values.Bytes), back.Bytes);
        Assert.Equal(values.ToLongs(), back.ToLongs());
    }

    [Fact]
    public void WhatIsBeyondTheIntegersIsTheLastOfThem()
    {
        var bytes = new byte[3];
        new RealMapping(new TensorSpec("x", DataType.UInt8, new Shape(3)) { Quant = QuantParam.PerTensor(0.5, 10) }).Write([-100, 0.26f, 1e9f], bytes);
        Assert.Equal<byte>([0, 11, 255], bytes);
        var words = new short[2];
        new RealMapping(new TensorSpec("x", DataType.Int16, new Shape(2)) { Quant = QuantParam.PerTensor(0.5) }).Write([-1e9f, 1e9f], MemoryMarshal.AsBytes(words.AsSpan()));
        Assert.Equal<short>([-32767, 32767], words);
    }

    [Theory]
    [InlineData(double.NegativeInfinity, double.PositiveInfinity)]
    [InlineData(0.5, 2)]
    public void SumsAreThoseOfTheValuesWithinTheBounds(double low, double high)
    {
        var random = new Random(3);
        float[] x = [.. Enumerable.Range(0, 1111).Select(_ => (float)(random.NextDouble() * 3))];
        float[] y = [.. x.Select(v => v + (float)((random.NextDouble() - 0.5) * 0.1))];
        var sums = new ErrorSums(low, high);
        sums.Add(x, new RealMapping(new TensorSpec("y", DataType.Float32, new Shape(y.Length))), MemoryMarshal.AsBytes(y.AsSpan()));

        (double X, double Y)[] pairs = [.. x.Zip(y, (a, b) => (Math.Clamp(a, low, high), Math.Clamp(b, low, high)))];
        double signal = pairs.Sum(p => p.X * p.X);
        Assert.Equal(10 * Math.Log10(signal / pairs.Sum(p => Math.Pow(p.X - p.Y, 2))), sums.Result.Sqnr, 1e-6);
        Assert.Equal(pairs.Sum(p => p.X * p.Y) / Math.Sqrt(signal * pairs.Sum(p => p.Y * p.Y)), sums.Result.Cosine, 1e-12);
        Assert.Equal(pairs.Max(p => Math.Abs(p.X - p.Y)), sums.Result.MaxError);
    }

    private static TensorSpec Spec(DataType type, bool byChannel) => new("x", type, Image)
    {
        Quant = new QuantParam(byChannel ? [0.01, 0.5, 0.03] : [0.02], type == DataType.UInt8 ? 77 : 0, Axis: 3),
    };

    private static Tensor Integers(TensorSpec spec)
    {
        var values = new Tensor(spec.Type, spec.Shape);
        var random = new Random(7);
        if (spec.Type == DataType.UInt8)
        {
            random.NextBytes(values.Bytes);
        }
        else
        {
            foreach (ref short value in values.As<short>())
            {
                value = (short)random.Next(-32767, 32768);
            }
        }

        return values;
    }
}
