using SgsIpu.Engine.Quantization;

namespace SgsIpu.Engine.Tests.Quantization;

public sealed class UnseenExtremesTests
{
    [Fact]
    public void WhatEverySampleReachesIsHardlyExceeded() => Assert.InRange(UnseenExtremes.Bound(10, 9.9, samples: 100, values: 1000), 10, 13);

    [Fact]
    public void WhatFewSamplesReachedMayGoFarBeyond()
    {
        Assert.InRange(UnseenExtremes.Bound(10, 0.5, samples: 100, values: 1000), 25, 40);
        Assert.Equal(40, UnseenExtremes.Bound(10, 0.1, samples: 3, values: 1));
    }

    [Fact]
    public void FewSamplesAreLittleEvidence() =>
        Assert.True(UnseenExtremes.Bound(10, 9.5, samples: 3, values: 1000) > 1.2 * UnseenExtremes.Bound(10, 9.5, samples: 300, values: 1000));

    [Fact]
    public void WhereManyValuesAreRoundedTheirStepIsWorthMore() =>
        Assert.True(UnseenExtremes.Bound(10, 5, samples: 100, values: 1) > 1.3 * UnseenExtremes.Bound(10, 5, samples: 100, values: 1e5));

    [Fact]
    public void NothingIsCoveredWhereNothingIs() => Assert.Equal(0, UnseenExtremes.Bound(-3, 0, samples: 10, values: 10));

    [Theory]
    [InlineData(0.5, 1000)]
    [InlineData(1, 100)]
    [InlineData(1, 10000)]
    [InlineData(3, 1000)]
    public void CuttingOffAndRoundingAreInBalance(double spread, double values)
    {
        // Greatest values of a sample that are Gumbel distributed around 10; the mean is γ spreads above the mode.
        const int Samples = 10000;
        double mean = 10 + (0.5772 * spread);
        double bound = UnseenExtremes.Bound(mean + (spread * Math.Log(Samples)), mean, Samples, values);
        double cut = 2 * spread * spread * Math.Exp(-(bound - 10) / spread);
        double rounded = values * bound * bound / 12 / Math.Pow(short.MaxValue, 2);
        Assert.InRange(cut / rounded, 0.03, 3);
    }
}
