using System.Collections.Immutable;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine;

/// <summary>How to run a model over samples.</summary>
public sealed record RunOptions(ISampleSource Samples)
{
    /// <summary>Samples in flight at once.</summary>
    public int NumProcess { get; init; } = 1;

    /// <summary>Further tensors to return, by name (float and fixed models).</summary>
    public ImmutableArray<string> Observed { get; init; } = [];
}
