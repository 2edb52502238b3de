namespace SgsIpu.Engine;

/// <summary>Files that a model can be written as.</summary>
public enum ModelFormat
{
    /// <summary>Our own model file, readable as TFLite.</summary>
    Sim,

    /// <summary>ONNX; of a fixed model with QuantizeLinear and DequantizeLinear.</summary>
    Onnx,
}
