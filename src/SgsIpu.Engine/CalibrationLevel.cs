namespace SgsIpu.Engine;

/// <summary>How much work the calibrator puts into ranges and rounding.</summary>
public enum CalibrationLevel
{
    /// <summary>Weights and activations by their minimum and maximum.</summary>
    L1 = 1,

    /// <summary>Weights by a search for the least square error, activations by minimum and maximum with an outlier-aware histogram.</summary>
    L2,

    /// <summary>As L2, with activations by a search for the least square error.</summary>
    L3,

    /// <summary>As L3, with corrected biases.</summary>
    L4,

    /// <summary>As L4, with 16 bits where a tensor needs them.</summary>
    L5,
}
