namespace SgsIpu.Engine;

/// <summary>How much work the calibrator puts into ranges and rounding. Each level is at least as accurate as the one below, and slower.</summary>
public enum CalibrationLevel
{
    /// <summary>Weights and activations by their minimum and maximum.</summary>
    L1 = 1,

    /// <summary>As L1, with weights by a search for the least square error and activations without rare outliers.</summary>
    L2,

    /// <summary>As L2, with activations by histograms: the observer that leaves the least error at the readers of a tensor, if it serves the outputs.</summary>
    L3,

    /// <summary>
    /// As L3, with the weights of an output rounded together, so that their errors cancel out on what they meet, biases fitted to the held
    /// samples, and 16 bits for the convolutions that round worst.
    /// </summary>
    L4,

    /// <summary>As L4, with 16 bits where a measurement of each convolution alone says that the outputs gain most.</summary>
    L5,
}
