namespace SgsIpu.Ops;

/// <summary>What a comparison asks.</summary>
public enum ComparisonKind
{
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}
