namespace SgsIpu.Ops;

/// <summary>How an operator runs in integers.</summary>
public enum QuantClass
{
    /// <summary>UINT8×INT8 or INT16×INT16 with exact accumulation; weights per output channel.</summary>
    Convolution,

    /// <summary>Moves or selects values: activation inputs and output share type and mapping, whatever they are.</summary>
    Preserving,

    /// <summary>INT16 inputs; the output has a range of its own.</summary>
    General,

    /// <summary>Works on exact integers (indices, shapes, booleans); nothing is quantized.</summary>
    Index,

    /// <summary>
    /// Comes after the integer part of the network: INT16 inputs, outputs as the operator infers them (Float32 boxes), which only other
    /// such operators read.
    /// </summary>
    PostProcessing,
}
