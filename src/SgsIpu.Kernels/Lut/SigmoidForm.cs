namespace SgsIpu.Kernels.Lut;

/// <summary>What is made of a sigmoid curve g, which rises from 0 to 1 with g(−x) = 1 − g(x).</summary>
public enum SigmoidForm
{
    /// <summary>g(x), as the logistic function.</summary>
    Plain,

    /// <summary>2·g(x) − 1, as the hyperbolic tangent.</summary>
    Odd,

    /// <summary>x·g(x), as SiLU, HardSwish and GELU.</summary>
    Weighted,
}
