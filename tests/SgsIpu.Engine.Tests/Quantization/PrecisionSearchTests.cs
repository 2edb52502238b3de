using SgsIpu.Core;
using SgsIpu.Engine.Quantization;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Quantization;

public sealed class PrecisionSearchTests
{
    private static readonly PrecisionBudget Ample = new(0, 100, 100, "all");

    [Fact]
    public void ASmallPartOfTheOutputsCountsAsMuchAsALargeOne()
    {
        // By the sum of noises the first would be all that matters.
        (string, long, double[])[] layers = [("large", 10, [0.9, 0]), ("rest", 10, [0.8, 0.0001]), ("small", 10, [0, 0.001])];
        Assert.Equal(["small", "large"], PrecisionSearch.Choose(layers, Ample with { Most = 20 }).Select(c => c.Node));
    }

    [Fact]
    public void ItStopsWhereEveryPartIsGoodEnough()
    {
        // 40 dB is noise over signal of 1e-4.
        (string, long, double[])[] layers = [("a", 1, [1e-2]), ("b", 1, [1e-3]), ("c", 1, [0.9e-4])];
        Assert.Equal(["a", "b"], PrecisionSearch.Choose(layers, Ample).Select(c => c.Node));
    }

    [Fact]
    public void WhatIsUsualIsSpentEvenSo()
    {
        (string, long, double[])[] layers = [("a", 1, [1e-2]), ("b", 1, [1e-3]), ("c", 1, [0.9e-4])];
        Assert.Equal(["a", "b", "c"], PrecisionSearch.Choose(layers, Ample with { Usual = 3 }).Select(c => c.Node));
    }

    [Fact]
    public void WhatGivesMostForItsCostComesFirst()
    {
        (string, long, double[])[] layers = [("dear", 90, [0.5]), ("cheap", 1, [0.1]), ("beyond", 200, [0.9])];
        Assert.Equal(["cheap", "dear"], PrecisionSearch.Choose(layers, Ample).Select(c => c.Node));
    }

    [Fact]
    public void NothingIsChosenOfNothing() => Assert.Empty(PrecisionSearch.Choose([], Ample));

    [Theory]
    [InlineData(1_000_000_000, false, 148_000_000)]
    [InlineData(1_000_000_000, true, 1_000_000_000)]
    [InlineData(10_000_000, false, 16_000_000)]
    public void VectorsHaveAShareUnlessTheNetworkIsSmall(long total, bool byPosition, long most) =>
        Assert.Equal(most, PrecisionBudget.OfMacs(total, 0).WithNeed(byPosition).Most);

    [Fact]
    public void WhatIsTheSameInAllSamplesIsNoSignal()
    {
        OutputParts parts = Parts(new Shape(1, 8, 8, 2));
        Assert.True(parts.AreByPosition);
        Assert.Equal(2, parts.Count);

        // Channel 0 is ±1 about an offset of 1000, channel 1 is ±3 about 0: variances of 2·1² and 2·3² a position, of two samples.
        double[] signal = parts.Signal([Values(parts, 1001, 3), Values(parts, 999, -3)]);
        Assert.Equal([64 * 2.0, 64 * 18.0], signal);
        Assert.Equal([64 * 4.0, 64 * 36.0], parts.Distance(Values(parts, 1001, 3), Values(parts, 999, -3)));
    }

    [Fact]
    public void OfOneSampleThePowerIsTheSignal()
    {
        OutputParts parts = Parts(new Shape(1, 8, 8, 2));
        Assert.Equal([64 * 4.0, 64 * 9.0], parts.Signal([Values(parts, 2, 3)]));
    }

    [Fact]
    public void AVectorIsOnePart()
    {
        OutputParts parts = Parts(new Shape(1, 1000));
        Assert.False(parts.AreByPosition);
        Assert.Equal(1, parts.Count);
    }

    /// <summary>Channels of a text are classes: most of them are seen in no sample, and none is a result by itself.</summary>
    [Theory]
    [InlineData(40, 100)]
    [InlineData(80, 6625)]
    public void ASequenceOfClassificationsIsOnePartThatIsReadByPosition(int positions, int classes)
    {
        OutputParts parts = Parts(new Shape(1, positions, classes));
        Assert.True(parts.AreByPosition);
        Assert.Equal(1, parts.Count);
    }

    private static OutputParts Parts(Shape shape)
    {
        var editor = new GraphEditor("parts");
        editor.AddInput(new TensorSpec("x", DataType.Float32, shape));
        editor.Outputs.Add(editor.Add("y", new NegOp(), "x"));
        return new OutputParts(editor.ToGraph());
    }

    private static Dictionary<string, Tensor> Values(OutputParts parts, float even, float odd)
    {
        Assert.Equal(2, parts.Count);
        float[] values = [.. Enumerable.Range(0, 128).Select(i => i % 2 == 0 ? even : odd)];
        return new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["y"] = Tensor.FromArray<float>(values, new Shape(1, 8, 8, 2)) };
    }
}
