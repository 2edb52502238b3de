namespace SgsIpu.Ops;

/// <summary>How a reduction joins elements.</summary>
public enum ReduceKind
{
    Mean,
    Sum,
    Max,
    Min,
    Prod,
}
