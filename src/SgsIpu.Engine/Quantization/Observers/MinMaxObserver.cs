namespace SgsIpu.Engine.Quantization.Observers;

/// <summary>Everything that was seen.</summary>
internal sealed class MinMaxObserver : IRangeObserver
{
    public string Name => "MinMax";

    public (double Min, double Max) Range(RangeError seen, (double Min, double Max) extremes) => extremes;
}
