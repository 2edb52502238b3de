namespace SgsIpu.Kernels;

/// <summary>Columns of a product that one function works on.</summary>
/// <param name="Group">The convolution group.</param>
/// <param name="Column">The first column, within the group.</param>
/// <param name="Count">Columns that are there.</param>
/// <param name="Vectors">Vectors of columns.</param>
/// <param name="Offset">Where its weights start, in INT32.</param>
/// <param name="Block">Its first block of the output stage.</param>
/// <param name="Mask">A bit for each element of its last group (<see cref="ColumnOrder"/>) that is there.</param>
internal readonly record struct MachinePanel(int Group, int Column, int Count, int Vectors, int Offset, int Block, ulong Mask);
