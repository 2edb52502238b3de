using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization;

/// <summary>Everything that makes one fixed graph of a float one.</summary>
/// <param name="Decisions">How the ranges came about.</param>
/// <param name="Given">What was asked of tensors, and what became of it in this variant.</param>
internal sealed record QuantizationVariant(PrecisionPlan Plan, TensorRanges Ranges, IReadOnlyList<TensorDecision> Decisions, GivenTable Given)
{
    /// <summary>The level that ranges were decided as.</summary>
    public CalibrationLevel Level { get; init; }

    /// <summary>What is added to the biases of nodes, by output channel.</summary>
    public IReadOnlyDictionary<string, double[]> BiasShifts { get; init; } = new Dictionary<string, double[]>();

    /// <summary>Moments by which the weights of an output are rounded together; null where each is rounded on its own.</summary>
    public InputMoments? Moments { get; init; }

    /// <summary>The nodes that run in 16 bits because a level proposes it.</summary>
    public IReadOnlyDictionary<string, DataType> Chosen { get; init; } = new Dictionary<string, DataType>();
}
