namespace SgsIpu.Engine.Compilation.Scheduling;

/// <summary>
/// Neighbouring nodes that run depth first: the rows of their tensors pass through the memory on the chip stripe by stripe, and only what
/// enters and leaves the group is in main memory.
/// </summary>
/// <param name="First">Position of the first node.</param>
/// <param name="Last">Position of the last node.</param>
/// <param name="Stripes">Parts that the rows of the last output are computed in; 1 where all tensors fit as a whole.</param>
/// <param name="SramBytes">Bytes of the chip's memory in use; more than it has where a node fits in no way, which is then counted by the parts.</param>
/// <param name="DramBytes">Bytes read from and written to main memory.</param>
/// <param name="WeightBytes">The part of <paramref name="DramBytes"/> that are constants, which can be fetched before the group begins.</param>
/// <param name="ComputeCycles">Cycles of arithmetic, starts of commands included.</param>
/// <param name="Cycles">Cycles of the group with the transfers that do not hide behind arithmetic.</param>
internal sealed record CommandGroup(int First, int Last, int Stripes, long SramBytes, long DramBytes, long WeightBytes, double ComputeCycles, double Cycles);
