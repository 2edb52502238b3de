namespace SgsIpu.Engine;

/// <summary>
/// The quantization options of the vendor's torch_calibrator. Q1x find ranges only; Q2x also rebuild the weights layer by layer, so that
/// each layer's output follows that of the float model.
/// </summary>
public enum QMode
{
    /// <summary>The same as <see cref="Q11"/>.</summary>
    Q1 = 1,

    /// <summary>Ranges only, all convolutions INT16.</summary>
    Q10 = 10,

    /// <summary>Ranges only, all convolutions 8 bit.</summary>
    Q11 = 11,

    /// <summary>Ranges only, 8 or 16 bit for each convolution as it needs.</summary>
    Q12 = 12,

    /// <summary>Ranges only, 4/8 or 8/16 bit mixed to a compression rate.</summary>
    Q13 = 13,

    /// <summary>The same as <see cref="Q22"/>.</summary>
    Q2 = 2,

    /// <summary>Rebuilt weights, all convolutions INT16.</summary>
    Q20 = 20,

    /// <summary>Rebuilt weights, all convolutions 8 bit.</summary>
    Q21 = 21,

    /// <summary>Rebuilt weights, 8 or 16 bit for each convolution as it needs.</summary>
    Q22 = 22,

    /// <summary>Rebuilt weights, 4/8 or 8/16 bit mixed to a compression rate.</summary>
    Q23 = 23,
}
