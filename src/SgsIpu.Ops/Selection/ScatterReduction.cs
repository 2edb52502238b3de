namespace SgsIpu.Ops;

/// <summary>What an update does to the element that it meets.</summary>
public enum ScatterReduction
{
    /// <summary>It replaces it; of several the last one stays.</summary>
    None,
    Add,
    Mul,
    Max,
    Min,
}
