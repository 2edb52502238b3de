using System.Collections.Immutable;

namespace SgsIpu.Engine.Quantization.Observers;

/// <summary>Every observer, the plainest first: where two do equally well, the first is taken.</summary>
internal static class RangeObservers
{
    /// <summary>Share of the values that the percentile observer cuts off at each side.</summary>
    public const double CutOff = 1e-4;

    public static ImmutableArray<IRangeObserver> All { get; } = [new MinMaxObserver(), new PercentileObserver(CutOff), new MseObserver(), new KlObserver()];

    /// <summary>Those that make sense of the short histogram of one channel.</summary>
    public static ImmutableArray<IRangeObserver> OfChannels { get; } = [new MinMaxObserver(), new PercentileObserver(10 * CutOff), new MseObserver()];
}
