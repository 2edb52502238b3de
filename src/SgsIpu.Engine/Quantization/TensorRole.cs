namespace SgsIpu.Engine.Quantization;

/// <summary>What a tensor of a float graph is to the quantizer.</summary>
internal enum TensorRole
{
    /// <summary>The graph has no such tensor.</summary>
    Unknown,

    /// <summary>Indices, shapes, booleans: nothing is quantized.</summary>
    Exact,

    /// <summary>Real numbers computed from the inputs, and the inputs.</summary>
    Activation,

    /// <summary>Constant weights of a convolution-like node.</summary>
    Weight,

    /// <summary>Bias of a convolution-like node.</summary>
    Bias,

    /// <summary>Another constant of real numbers.</summary>
    Constant,
}
