namespace SgsIpu.Kernels.Reduction;

/// <summary>How a reduction joins integers; a mean is a sum whose scale has the count.</summary>
public enum ReductionKind
{
    Sum,
    Max,
    Min,
}
