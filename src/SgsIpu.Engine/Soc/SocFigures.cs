namespace SgsIpu.Engine;

/// <summary>The figures of a chip that the cost model counts with.</summary>
/// <param name="ClockMHz">Cycles a microsecond of the accelerator.</param>
/// <param name="Macs4PerCycle">Multiply-accumulates a cycle of INT4 weights with UINT8 activations.</param>
/// <param name="Macs8PerCycle">Multiply-accumulates a cycle of INT8 weights with UINT8 activations.</param>
/// <param name="Macs16PerCycle">Multiply-accumulates a cycle of INT16 weights with INT16 activations.</param>
/// <param name="DepthwiseMacsPerCycle">Multiply-accumulates a cycle of a depthwise convolution in 8 bits; half of it in 16.</param>
/// <param name="ElementsPerCycle">Elements a cycle that an element-wise operator computes.</param>
/// <param name="SramKiB">Memory on the chip for activations and weights.</param>
/// <param name="SramBytesPerCycle">Bytes a cycle between that memory and the arithmetic.</param>
/// <param name="DramBytesPerCycle">Bytes a cycle between the chip and its main memory.</param>
/// <param name="CommandCycles">Cycles to start a command.</param>
public sealed record SocFigures(
    SocFigure ClockMHz,
    SocFigure Macs4PerCycle,
    SocFigure Macs8PerCycle,
    SocFigure Macs16PerCycle,
    SocFigure DepthwiseMacsPerCycle,
    SocFigure ElementsPerCycle,
    SocFigure SramKiB,
    SocFigure SramBytesPerCycle,
    SocFigure DramBytesPerCycle,
    SocFigure CommandCycles);
