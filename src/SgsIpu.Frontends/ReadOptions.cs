using SgsIpu.Core;

namespace SgsIpu.Frontends;

/// <summary>What a model file cannot say about itself.</summary>
public sealed record ReadOptions
{
    /// <summary>The framework; by extension where null.</summary>
    public Framework? Framework { get; init; }

    /// <summary>Caffe's weights.</summary>
    public string? WeightFile { get; init; }
}
