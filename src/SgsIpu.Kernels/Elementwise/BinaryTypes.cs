using SgsIpu.Core;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>Element types, zero points and shapes of a binary kernel.</summary>
/// <param name="A">UINT8 or INT16.</param>
/// <param name="ZeroA">The integer of A that stands for 0.</param>
/// <param name="B">UINT8 or INT16.</param>
/// <param name="ZeroB">The integer of B that stands for 0.</param>
/// <param name="Y">UINT8 or INT16.</param>
/// <param name="Range">Zero point and limits of the output.</param>
/// <param name="Plan">How the operands broadcast.</param>
public sealed record BinaryTypes(DataType A, int ZeroA, DataType B, int ZeroB, DataType Y, IntegerRange Range, BroadcastPlan Plan);
