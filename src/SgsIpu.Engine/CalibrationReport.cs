using System.Collections.Immutable;

namespace SgsIpu.Engine;

/// <summary>What a calibration decided, for people. It stays with the model in memory; files do not hold it.</summary>
public sealed record CalibrationReport
{
    /// <summary>What was asked of tensors, and what became of it.</summary>
    public ImmutableArray<GivenOutcome> Given { get; init; } = [];
}
