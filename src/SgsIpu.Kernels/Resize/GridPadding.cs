namespace SgsIpu.Kernels;

/// <summary>What lies outside of a sampled image; the names are ONNX's.</summary>
public enum GridPadding
{
    Zeros,
    Border,
    Reflection,
}
