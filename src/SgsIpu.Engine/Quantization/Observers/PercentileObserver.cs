namespace SgsIpu.Engine.Quantization.Observers;

/// <summary>Everything but a share of the values at each side.</summary>
internal sealed class PercentileObserver(double share) : IRangeObserver
{
    public string Name => "Percentile";

    public (double Min, double Max) Range(RangeError seen, (double Min, double Max) extremes)
    {
        (double low, double high) = seen.Histogram.Kept(share);
        return (Math.Clamp(low, extremes.Min, 0), Math.Clamp(high, 0, extremes.Max));
    }
}
