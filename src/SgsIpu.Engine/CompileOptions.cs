using System.Collections.Immutable;

namespace SgsIpu.Engine;

/// <summary>How to make an offline image of a fixed model.</summary>
public sealed record CompileOptions
{
    /// <summary>Batch sizes that the image is made for, ascending.</summary>
    public ImmutableArray<int> Batch { get; init; } = [1];

    public BatchMode BatchMode { get; init; } = BatchMode.NBuf;

    public ModelCategory Category { get; init; }

    /// <summary>Replaces the model's own chip.</summary>
    public string? SocVersion { get; init; }
}
