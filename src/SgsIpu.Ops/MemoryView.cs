namespace SgsIpu.Ops;

/// <summary>An input and an output that are the same bytes, wholly or in part.</summary>
/// <param name="Input">Position of the input.</param>
/// <param name="Output">Position of the output.</param>
/// <param name="Shift">Bytes from the beginning of the output to that of the input; negative where the output begins inside the input.</param>
public readonly record struct MemoryView(int Input, int Output, long Shift);
