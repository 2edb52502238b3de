namespace SgsIpu.PowerShell;

/// <summary>How the outputs of a model are read.</summary>
public enum ResultCategory
{
    /// <summary>Every output is returned as it is.</summary>
    Unknown,

    /// <summary>The first output holds a score for each class.</summary>
    Classification,
}
