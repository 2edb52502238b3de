namespace SgsIpu.Kernels;

/// <summary>What is taken around a place of a grid.</summary>
public enum GridSampling
{
    Linear,
    Nearest,
    Cubic,
}
