namespace SgsIpu.Kernels.Exact;

/// <summary>What is computed of two exact integers of one type. Overflow wraps, as it does in every framework.</summary>
public enum ExactOperation
{
    Add,
    Subtract,
    Multiply,

    /// <summary>Toward 0; a division by 0 gives 0.</summary>
    Divide,

    /// <summary>Toward −∞; a division by 0 gives 0.</summary>
    FloorDivide,

    /// <summary>With the sign of the dividend, as C has it; of a division by 0 it is 0.</summary>
    Remainder,

    /// <summary>With the sign of the divisor, as Python has it; of a division by 0 it is 0.</summary>
    FloorRemainder,
    Maximum,
    Minimum,

    /// <summary>A negative exponent gives what a whole division leaves: 0, or ±1 of ±1.</summary>
    Power,

    /// <summary>Bits beyond the type are lost; a shift by the type's width or more gives 0.</summary>
    ShiftLeft,
    ShiftRight,
    And,
    Or,
    Xor,
}
