namespace SgsIpu.Engine.Quantization;

/// <summary>What ONNX Runtime found of all values of one sample, for each channel; each may be empty.</summary>
internal readonly ref struct ChannelSummaries
{
    /// <summary>The largest value.</summary>
    public ReadOnlySpan<float> Largest { get; init; }

    /// <summary>The smallest value with its sign turned.</summary>
    public ReadOnlySpan<float> NegatedSmallest { get; init; }

    /// <summary>The mean.</summary>
    public ReadOnlySpan<float> Mean { get; init; }
}
