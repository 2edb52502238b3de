namespace SgsIpu.Engine.Quantization;

/// <summary>What a fixed model was made from.</summary>
/// <param name="Float">The float model, with what was asked of it.</param>
/// <param name="Observed">What was observed; it does not depend on types, so that other types need no further run.</param>
internal sealed record CalibrationState(IpuModel Float, CalibrationLevel Level, CalibrationStatistics Observed)
{
    /// <summary>What the fixed model may cost; null for the usual share of 16 bits.</summary>
    public CostBudget? Budget { get; init; }

    /// <summary>Signal-to-noise ratio of the outputs in dB that 16 bits are chosen for; null for the usual share of them.</summary>
    public double? TargetSqnr { get; init; }

    /// <summary>True where all convolutions are to run in 8 bits: more storage and time are spent on less noise with the same multiplications.</summary>
    public bool IsNarrow { get; init; }

    /// <summary>True where time matters less than a sure choice: every decision is measured on all held samples, and weights that meet pixels are rounded together too.</summary>
    public bool IsThorough { get; init; }

    /// <summary>By tensor.</summary>
    public IReadOnlyDictionary<string, ActivationStatistics> Statistics => Observed.Tensors;

    /// <summary>Samples to measure on.</summary>
    public HeldSamples Held => Observed.Held;
}
