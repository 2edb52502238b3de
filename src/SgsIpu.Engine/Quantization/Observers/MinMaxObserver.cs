namespace SgsIpu.Engine.Quantization.Observers;

/// <summary>Everything that was seen.</summary>
internal sealed class MinMaxObserver : IRangeObserver
{
    public string Name => "MinMax";

    public (double Min, double Max) Range(Histogram histogram, (double Min, double Max) extremes, int levels) => extremes;
}
