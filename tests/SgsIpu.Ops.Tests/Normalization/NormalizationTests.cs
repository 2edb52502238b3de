using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

/// <summary>Normalizations as lifted, against ONNX Runtime or their definitions, and their integers against their float form.</summary>
public sealed class NormalizationTests
{
    private const double Tolerance = 1e-5;

    [Theory]
    [InlineData(1, 0.0001f)]
    [InlineData(2, 0.5f)]
    [InlineData(5, 0.5f)]
    [InlineData(8, 2f)]
    public void LocalResponses(int size, float alpha)
    {
        Tensor x = Samples.Uniform(size, -2, 2, 2, 7, 3, 4);
        LiftHarness node = new LiftHarness("LRN", 13).Input(x).Attribute("size", (long)size).Attribute("alpha", alpha).Attribute("beta", 0.6f).Attribute("bias", 1.5f);
        float[] values = x.ToFloats();
        float[] wanted =
        [
            .. values.Select((v, i) =>
            {
                int channel = i / 12 % 7;
                int first = Math.Max(0, channel - ((size - 1) / 2));
                int last = Math.Min(6, channel + (size / 2));
                double sum = Enumerable.Range(first, last - first + 1).Sum(c => Math.Pow(values[i + ((c - channel) * 12)], 2));
                return (float)(v / Math.Pow(1.5 + (alpha / size * sum), 0.6));
            }),
        ];
        LiftHarness.Close(wanted, node.RunLifted(node.Lift())[0].ToFloats(), Tolerance);
        foreach (DataType type in (DataType[])[DataType.Int16, DataType.UInt8])
        {
            FixedOutcome outcome = new OperatorHarness(new LocalResponseNormalizationOp(size, alpha, 0.6f, 1.5f)).Activation(Samples.Uniform(size, -2, 2, 1, 5, 6, 7)).RunFixed(type, type);
            Assert.True(outcome.MaxErrorLsb <= 1.5, $"{type}: {outcome.MaxErrorLsb} units");
        }
    }

    [Theory]
    [InlineData(18)]
    [InlineData(21)]
    public void Groups(int opset)
    {
        Tensor x = Samples.Uniform(1, -3, 5, 2, 6, 4, 3);
        int parameters = opset < 21 ? 2 : 6;
        Tensor scale = Samples.Uniform(2, -1, 1, parameters);
        Tensor bias = Samples.Uniform(3, -1, 1, parameters);
        LiftHarness node = new LiftHarness("GroupNormalization", opset).Input(x).Constant(scale).Constant(bias).Attribute("num_groups", 2L);
        float[] found = node.RunLifted(node.Lift())[0].ToFloats();

        float[] values = x.ToFloats();
        var wanted = new float[values.Length];
        for (int row = 0; row < 4; row++)
        {
            float[] group = values[(row * 36)..((row + 1) * 36)];
            double mean = group.Average(v => (double)v);
            double deviation = Math.Sqrt(group.Average(v => (v - mean) * (v - mean)) + 1e-5);
            for (int i = 0; i < 36; i++)
            {
                int channel = (row % 2 * 3) + (i / 12);
                int parameter = opset < 21 ? row % 2 : channel;
                wanted[(row * 36) + i] = (float)(((group[i] - mean) / deviation * scale.ToFloats()[parameter]) + bias.ToFloats()[parameter]);
            }
        }

        LiftHarness.Close(wanted, found, Tolerance);
    }

    [Theory]
    [InlineData(1, -1)]
    [InlineData(2, -1)]
    [InlineData(2, 1)]
    [InlineData(1, 0)]
    public void Norms(int p, int axis) => new LiftHarness("LpNormalization", 1).Input(Samples.Uniform(p + axis, -1, 2, 3, 4, 5, 2)).Attribute("p", (long)p).Attribute("axis", (long)axis).AssertSame(Tolerance);

    [Theory]
    [InlineData(null)]
    [InlineData(new long[] { 1, 2 })]
    [InlineData(new long[] { 3 })]
    public void MeansAndVariances(long[]? axes)
    {
        LiftHarness node = new LiftHarness("MeanVarianceNormalization", 13).Input(Samples.Uniform(5, -1, 4, 2, 3, 4, 5));
        _ = axes is null ? node : node.Attribute("axes", axes);
        node.AssertSame(1e-4);
    }

    [Theory]
    [InlineData(8, 0)]
    [InlineData(64, 1)]
    [InlineData(1000, 2)]
    public void RootMeanSquares(int length, int seed)
    {
        var op = new RmsNormalizationOp();
        OperatorHarness harness = new OperatorHarness(op).Activation(Samples.Uniform(seed, -3, 3, 5, length)).Constant(Samples.Uniform(seed + 1, 0.5, 1.5, length));
        float[] x = Samples.Uniform(seed, -3, 3, 5, length).ToFloats();
        float[] scale = Samples.Uniform(seed + 1, 0.5, 1.5, length).ToFloats();
        float[] wanted = [.. x.Select((v, i) => (float)(v / Math.Sqrt(x.Skip(i / length * length).Take(length).Average(e => (double)e * e) + 1e-5) * scale[i % length]))];
        LiftHarness.Close(wanted, harness.RunFloat()[0].ToFloats(), Tolerance);
        Assert.True(harness.RunFixed(DataType.Int16, DataType.Int16).Decibels >= 70);
    }

    [Theory]
    [InlineData(11, 1)]
    [InlineData(11, 2)]
    [InlineData(11, 0)]
    [InlineData(13, 1)]
    [InlineData(13, -1)]
    public void SoftmaxesOfOldAndNewOperatorSets(int opset, int axis)
    {
        foreach (string kind in (string[])["Softmax", "LogSoftmax"])
        {
            new LiftHarness(kind, opset).Input(Samples.Uniform(axis + 5, -4, 4, 3, 4, 5)).Attribute("axis", (long)axis).AssertSame(Tolerance);
        }
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(10, 8)]
    [InlineData(1000, 20)]
    public void ALogarithmicSoftmaxInIntegers(int length, double reach)
    {
        foreach (DataType type in (DataType[])[DataType.Int16, DataType.UInt8])
        {
            FixedOutcome outcome = new OperatorHarness(new LogSoftmaxOp()).Activation(Samples.Uniform(length, -reach, reach, 3, length)).RunFixed(type, DataType.Int16);
            Assert.True(outcome.MaxErrorLsb <= 1, $"{type}: {outcome.MaxErrorLsb} units");
            Assert.True(outcome.Decibels >= 60, $"{type}: {outcome.Decibels} dB");
        }
    }
}
