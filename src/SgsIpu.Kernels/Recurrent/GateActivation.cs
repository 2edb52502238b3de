namespace SgsIpu.Kernels.Recurrent;

/// <summary>The activations of recurrent layers; the names are ONNX's.</summary>
public enum GateActivation
{
    Sigmoid,
    Tanh,
    Relu,

    /// <summary>α·x + β.</summary>
    Affine,

    /// <summary>α·x where x is negative.</summary>
    LeakyRelu,

    /// <summary>x where it is above α, else 0.</summary>
    ThresholdedRelu,

    /// <summary>α·tanh(β·x).</summary>
    ScaledTanh,

    /// <summary>α·x + β within [0, 1].</summary>
    HardSigmoid,

    /// <summary>α·(eˣ − 1) where x is negative.</summary>
    Elu,
    Softsign,
    Softplus,
}
