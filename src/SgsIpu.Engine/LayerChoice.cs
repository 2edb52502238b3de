namespace SgsIpu.Engine;

/// <summary>What a Q mode decided about one layer.</summary>
/// <param name="Layer">The node's name.</param>
/// <param name="Operator">The node's operator.</param>
/// <param name="Bit">Bits of the weights: 4, 8 or 16.</param>
/// <param name="Weights">Number of weights.</param>
/// <param name="Macs">Multiply-accumulates of one run.</param>
public sealed record LayerChoice(string Layer, string Operator, int Bit, long Weights, long Macs)
{
    /// <summary>What the narrower of the two widths does to the outputs: mean square change over mean square. Null where it was not measured.</summary>
    public double? Sensitivity { get; init; }

    /// <summary>Error of the layer's own output on samples held back, over its power, with weights rounded one by one. Null where the layer was not rebuilt.</summary>
    public double? LossBefore { get; init; }

    /// <summary>The same after rebuilding.</summary>
    public double? LossAfter { get; init; }
}
