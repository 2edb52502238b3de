namespace SgsIpu.Ops;

/// <summary>What stands beyond the edge of a tensor.</summary>
public enum PadMode
{
    Constant,

    /// <summary>The tensor mirrored at its outermost element.</summary>
    Reflect,

    /// <summary>The outermost element.</summary>
    Edge,
}
