namespace SgsIpu.Ops;

/// <summary>How two truth values, or the bits of two integers, are joined.</summary>
public enum LogicKind
{
    And,
    Or,
    Xor,
}
