using System.Collections.Immutable;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine;

/// <summary>How to make a fixed model of a float one.</summary>
/// <param name="Samples">Typical inputs of the model.</param>
public sealed record CalibrationOptions(ISampleSource Samples)
{
    public CalibrationLevel Level { get; init; } = CalibrationLevel.L5;

    /// <summary>Calibrates as the vendor's torch_calibrator does; null for the levels.</summary>
    public QMode? QMode { get; init; }

    /// <summary>Parameters of <see cref="QMode"/>; null for the defaults.</summary>
    public QuantConfig? QuantConfig { get; init; }

    /// <summary>Samples that layers are rebuilt on in <see cref="QMode"/>, spread evenly over all; their activations are held in memory.</summary>
    public int CalBatchSize { get; init; } = 100;

    /// <summary>Samples in flight at once; the result does not depend on it.</summary>
    public int NumProcess { get; init; } = 10;

    /// <summary>What is asked of tensors, in addition to what the model carries; see <see cref="IpuModel.Given"/>.</summary>
    public ImmutableArray<GivenQuantization> Given { get; init; } = [];

    /// <summary>Replaces the model's own.</summary>
    public InputConfig? InputConfig { get; init; }

    /// <summary>Observes one sample at a time, and of a large network one part after the other: less memory, more time, the same result.</summary>
    public bool MemorySaving { get; init; }

    /// <summary>Lets 16 bits be chosen up to a cost on the chip, in place of a share of the multiply-accumulates (levels 4 and 5); null for none.</summary>
    public CostBudget? Budget { get; init; }

    /// <summary>
    /// Signal-to-noise ratio of the outputs in dB, as <see cref="CalibrationReport.OutputSqnr"/> tells it, that 16 bits are given for and no further, whatever
    /// share of the multiply-accumulates that takes (level 5, modes Q12 and Q22); null for the usual share.
    /// </summary>
    public double? TargetSqnr { get; init; }

    /// <summary>Takes the place of the samples, which are then not read; null observes them.</summary>
    public CalibrationStatistics? Statistics { get; init; }

    /// <summary>Options for a calibration from statistics alone.</summary>
    public static CalibrationOptions From(CalibrationStatistics statistics) => new(NoSamples.Instance) { Statistics = statistics };
}
