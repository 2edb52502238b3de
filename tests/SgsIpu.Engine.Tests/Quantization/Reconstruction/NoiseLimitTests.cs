using SgsIpu.Engine.Quantization.Reconstruction;

namespace SgsIpu.Engine.Tests.Quantization.Reconstruction;

/// <summary>When less noise than another model has is enough.</summary>
public sealed class NoiseLimitTests
{
    /// <summary>As noisy on every sample as the other, times a factor: nothing is left to chance.</summary>
    [Theory]
    [InlineData(0.99, true)]
    [InlineData(1.01, false)]
    public void WhatIsLessOnEverySampleIsLess(double factor, bool meets) => Assert.Equal(meets, new NoiseLimit(Steady(1), Steady(1)).Excess(Steady(factor)) <= 0);

    [Theory]
    [InlineData(0.75, false)]
    [InlineData(0.65, true)]
    public void HalfOfWhatWasGainedIsKept(double factor, bool meets) => Assert.Equal(meets, new NoiseLimit(Steady(1), Steady(0.5)).Excess(Steady(factor)) <= 0);

    /// <summary>One sample makes the difference: the standard error is large, so that only a clear gain counts.</summary>
    [Theory]
    [InlineData(0.93, false)]
    [InlineData(0.85, true)]
    public void WhatAFewSamplesMakeMustBeClear(double factor, bool meets)
    {
        double[] loud = [100, 1, 1, 1];
        WholeNoise other = Of(loud);
        WholeNoise tried = Of([(100 * factor) - 0.1, 1.4, 1.1, 0.6]);
        Assert.Equal(meets, new NoiseLimit(other, other).Excess(tried) <= 0);
    }

    /// <summary>The loud sample gains so much that the mean does not show what the others lose.</summary>
    [Theory]
    [InlineData(1.5, false)]
    [InlineData(0.5, true)]
    public void WhatOneLoudSampleGainsPaysForNoOthers(double others, bool meets) =>
        Assert.Equal(meets, new NoiseLimit(Of([1000, 1, 1, 1]), Of([1000, 1, 1, 1])).Excess(Of([500, others, others, others])) <= 0);

    private static WholeNoise Steady(double factor) => Of([2 * factor, 1 * factor, 3 * factor, 2 * factor]);

    private static WholeNoise Of(double[] samples)
    {
        double[][] parts = [.. samples.Select(s => new[] { s * 1e-3 })];
        return new WholeNoise(parts, parts);
    }
}
