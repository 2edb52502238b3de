namespace SgsIpu.Engine;

/// <summary>What the compiler does with a node.</summary>
public enum LimitAction
{
    /// <summary>The node runs as it is.</summary>
    Native,

    /// <summary>Another operator computes the same.</summary>
    Converted,

    /// <summary>The work is done in parts.</summary>
    Split,

    /// <summary>The model cannot be compiled.</summary>
    Refused,
}
