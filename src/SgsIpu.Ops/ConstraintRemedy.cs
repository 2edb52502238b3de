namespace SgsIpu.Ops;

/// <summary>What the compiler does where a limit is exceeded.</summary>
public enum ConstraintRemedy
{
    /// <summary>It runs as it is, only slower.</summary>
    Native,

    /// <summary>Another operator computes the same.</summary>
    Converted,

    /// <summary>The work is split into parts within the limit.</summary>
    Split,

    /// <summary>The model cannot be compiled for this chip.</summary>
    Refused,
}
