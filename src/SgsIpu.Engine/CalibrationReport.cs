using System.Collections.Immutable;

namespace SgsIpu.Engine;

/// <summary>What a calibration decided, for people. It stays with the model in memory; files do not hold it.</summary>
public sealed record CalibrationReport
{
    /// <summary>What was asked of tensors, and what became of it.</summary>
    public ImmutableArray<GivenOutcome> Given { get; init; } = [];

    /// <summary>How the integers of each activation came about, in the order of the tensors' names.</summary>
    public ImmutableArray<TensorDecision> Decisions { get; init; } = [];

    /// <summary>What a user should know, a sentence each.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>The layers of a Q mode, in execution order.</summary>
    public ImmutableArray<LayerChoice> Layers { get; init; } = [];

    /// <summary>Average bits of a weight over 16, every weight counted once; null outside of the Q modes.</summary>
    public double? CompressionRate { get; init; }

    /// <summary>The rate that a mixed mode recommends; null where none was asked for.</summary>
    public double? RecommendedRate { get; init; }

    /// <summary>Signal to quantization noise in decibels that the integers of each tensor alone are expected to leave, by the tensor's name in the fixed model.</summary>
    public ImmutableDictionary<string, double> Sqnr => Expected.Value;

    /// <summary>Works <see cref="Sqnr"/> out when it is first asked for: all histograms of a model are many.</summary>
    internal Lazy<ImmutableDictionary<string, double>> Expected { get; init; } = new(ImmutableDictionary<string, double>.Empty);

    /// <summary>What was tried on the way and what came of it, in order; empty below level 3.</summary>
    public ImmutableArray<string> Steps { get; init; } = [];

    /// <summary>
    /// Signal-to-noise ratio of the outputs in dB, measured on a few of the samples; NaN below level 3. The signal is what differs from sample to
    /// sample, and each channel of a map counts alike.
    /// </summary>
    public double OutputSqnr { get; init; } = double.NaN;
}
