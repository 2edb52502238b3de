namespace SgsIpu.Engine.QuantParams;

/// <summary>Forms of a file of quantization parameters.</summary>
public enum QuantParamFormat
{
    /// <summary>A list of objects as text.</summary>
    Json,

    /// <summary>The same list as Python pickles it, with NumPy arrays for data.</summary>
    Pickle,
}
