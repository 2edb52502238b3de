using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

/// <summary>Element-wise operators and normalizations in INT16 over random ranges, against their float form.</summary>
public sealed class FunctionPropertyTests
{
    private const double Elementwise = 60;
    private const double Normalization = 45;

    /// <summary>Functions with a range in which they are smooth; where they grow without bound (1/x, ln x) it ends before.</summary>
    private static readonly Dictionary<string, (double Min, double Max)> Ranges = new(StringComparer.Ordinal)
    {
        ["Abs"] = (-4, 3),
        ["Acos"] = (-1, 1),
        ["Acosh"] = (1.1, 30),
        ["Asin"] = (-1, 1),
        ["Asinh"] = (-20, 20),
        ["Atan"] = (-9, 9),
        ["Atanh"] = (-0.99, 0.99),
        ["Celu"] = (-4, 4),
        ["Cos"] = (-7, 7),
        ["Cosh"] = (-4, 4),
        ["Elu"] = (-4, 4),
        ["Erf"] = (-3, 3),
        ["Exp"] = (-6, 5),
        ["Gelu"] = (-5, 5),
        ["HardSigmoid"] = (-4, 4),
        ["HardSwish"] = (-5, 5),
        ["LeakyRelu"] = (-9, 4),
        ["Log"] = (0.05, 9),
        ["Mish"] = (-5, 5),
        ["Neg"] = (-2, 3),
        ["Reciprocal"] = (0.1, 9),
        ["Rsqrt"] = (0.1, 9),
        ["Sigmoid"] = (-8, 8),
        ["Silu"] = (-8, 8),
        ["Sin"] = (-7, 7),
        ["Sinh"] = (-4, 4),
        ["Softplus"] = (-8, 8),
        ["Softsign"] = (-8, 8),
        ["Sqrt"] = (0, 9),
        ["Tan"] = (-1.4, 1.4),
        ["Tanh"] = (-4, 4),
    };

    public static TheoryData<string> Functions => [.. Ranges.Keys];

    [Theory]
    [MemberData(nameof(Functions))]
    public void Functions16Bits(string name)
    {
        (double min, double max) = Ranges[name];
        FixedOutcome outcome = new OperatorHarness(Make(name)).Activation(Samples.Uniform(1, min, max, 3, 700)).RunFixed(DataType.Int16, DataType.Int16);
        Assert.True(outcome.Decibels >= Elementwise, $"{outcome.Decibels:F1} dB");
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void TheEndsOfTheRangeDoNotOverflow(string name)
    {
        (double min, double max) = Ranges[name];
        double end = Math.Max(Math.Abs(min), Math.Abs(max));
        Tensor ends = Tensor.FromArray<float>([(float)min, (float)max, (float)(min < 0 && max >= end ? -end : max), (float)min], 4);
        if (min < 0 && name is "Acos" or "Asin" or "Atanh")
        {
            ends = Tensor.FromArray<float>([(float)min, (float)max], 2);
        }

        FixedOutcome outcome = new OperatorHarness(Make(name)).Activation(ends).RunFixed(DataType.Int16, DataType.Int16);
        Assert.True(outcome.MaxErrorLsb <= 2, $"{outcome.MaxErrorLsb} units");
    }

    [Theory]
    [InlineData("Add")]
    [InlineData("Sub")]
    [InlineData("Mul")]
    [InlineData("Maximum")]
    [InlineData("Minimum")]
    public void PairsBroadcast(string name)
    {
        int[][] shapes = [[2, 5, 6, 7], [7], [2, 1, 1, 7], [5, 6, 1], [1]];
        for (int i = 0; i < shapes.Length; i++)
        {
            double reach = Math.Pow(10, i - 2);
            OperatorHarness harness = new OperatorHarness(Make(name)).Activation(Samples.Uniform(i, -1, 2, 2, 5, 6, 7));
            _ = i % 2 == 0 ? harness.Activation(Samples.Uniform(i + 9, -reach, reach, shapes[i])) : harness.Constant(Samples.Uniform(i + 9, -reach, reach, shapes[i]));
            FixedOutcome outcome = harness.RunFixed(DataType.Int16, DataType.Int16);
            Assert.True(outcome.Decibels >= Elementwise, $"[{string.Join(", ", shapes[i])}]: {outcome.Decibels:F1} dB");
        }
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(10, 5)]
    [InlineData(1000, 10)]
    [InlineData(77, 100)]
    public void Softmaxes(int length, double reach)
    {
        foreach (DataType type in (DataType[])[DataType.UInt8, DataType.Int16])
        {
            FixedOutcome outcome = new OperatorHarness(new SoftmaxOp()).Activation(Samples.Uniform(length, -reach, reach, 5, length)).RunFixed(type, DataType.Int16);
            Assert.True(outcome.Decibels >= Normalization, $"{type}: {outcome.Decibels:F1} dB");
        }
    }

    [Theory]
    [InlineData(4, 1)]
    [InlineData(64, 100)]
    [InlineData(1000, 0.01)]
    public void LayerNormalizations(int length, double reach)
    {
        FixedOutcome outcome = new OperatorHarness(new LayerNormalizationOp()).Activation(Samples.Uniform(length, -reach, 3 * reach, 6, length))
            .Constant(Samples.Uniform(length + 1, 0.5, 2, length)).Constant(Samples.Uniform(length + 2, -1, 1, length)).RunFixed(DataType.Int16, DataType.Int16);
        Assert.True(outcome.Decibels >= Normalization, $"{outcome.Decibels:F1} dB");
    }

    private static IpuOperator Make(string name) => OpJson.Read(name, System.Text.Json.JsonDocument.Parse(name switch
    {
        "Celu" or "Elu" => "{\"alpha\":1}",
        "LeakyRelu" => "{\"alpha\":0.1}",
        "HardSigmoid" => "{\"alpha\":0.2,\"beta\":0.5}",
        _ => "{}",
    }).RootElement);
}
