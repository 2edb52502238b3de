using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>What the quantizer must know about a node.</summary>
public sealed record QuantRule(QuantClass Class)
{
    /// <summary>Positions of the inputs that carry real numbers; the others (indices, tables) stay as they are.</summary>
    public ImmutableArray<int> Activations { get; init; } = [0];

    /// <summary>Position of the weights, or −1.</summary>
    public int Weight { get; init; } = -1;

    /// <summary>Dimension of the weights that is the output channel.</summary>
    public int WeightAxis { get; init; }

    /// <summary>Position of the bias, or −1.</summary>
    public int Bias { get; init; } = -1;

    /// <summary>The output's range where it is known without statistics (sigmoid: 0 to 1); null where it is observed.</summary>
    public (double Min, double Max)? OutputRange { get; init; }

    /// <summary>
    /// Whether the outputs are a choice among the values that are read (the largest, the most likely, boxes that are kept). Few samples are near
    /// the border of a choice, so that rounding is judged by what is read, not by what is chosen.
    /// </summary>
    public bool Chooses { get; init; }

    public static QuantRule Convolution(int weightAxis) => new(QuantClass.Convolution) { Weight = 1, WeightAxis = weightAxis, Bias = 2 };

    /// <summary>INT16 in, own range out; the first <paramref name="activations"/> inputs are real numbers.</summary>
    public static QuantRule General(int activations = 1) => new(QuantClass.General) { Activations = [.. Enumerable.Range(0, activations)] };

    public static QuantRule Preserving(int activations = 1) => new(QuantClass.Preserving) { Activations = [.. Enumerable.Range(0, activations)] };

    public static QuantRule Index() => new(QuantClass.Index) { Activations = [] };

    /// <summary>INT16 in, outputs as they are; the first <paramref name="activations"/> inputs are real numbers.</summary>
    public static QuantRule PostProcessing(int activations) => new(QuantClass.PostProcessing) { Activations = [.. Enumerable.Range(0, activations)], Chooses = true };
}
