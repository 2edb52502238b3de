namespace SgsIpu.Engine;

/// <summary>What one command of a model costs on a chip. Figures of chips are estimates (see <see cref="SocFigures"/>), and so are these.</summary>
/// <param name="Index">Position in the order of execution.</param>
/// <param name="Node">Name of the node, which is the source operator's where there is one.</param>
/// <param name="Operator">What it computes.</param>
/// <param name="Output">Its first output, by which <c>Compare-IpuModel</c> names its rows.</param>
/// <param name="Bits">Bits of the weights, or of the first input where there are none.</param>
/// <param name="Macs">Multiply-accumulates.</param>
/// <param name="Cycles">Cycles: arithmetic or transfers, whichever is longer; over all commands they add up to the model's.</param>
/// <param name="DramBytes">Bytes from and to main memory.</param>
/// <param name="SramBytes">Bytes from and to the memory on the chip.</param>
/// <param name="Utilization">Multiply-accumulates over those that would be possible in these cycles; 0 for operators without any.</param>
/// <param name="Group">Number of the group of commands that runs depth first.</param>
/// <param name="Stripes">Parts in which the group runs.</param>
public sealed record IpuCommandCost(
    int Index,
    string Node,
    string Operator,
    string Output,
    int Bits,
    long Macs,
    double Cycles,
    long DramBytes,
    long SramBytes,
    double Utilization,
    int Group,
    int Stripes)
{
    /// <summary>Milliseconds of the command in the simulator on this machine; null where it was not measured.</summary>
    public double? HostMilliseconds { get; init; }

    /// <summary>Share of the model's cycles, 0 to 1.</summary>
    public double Share { get; init; }
}
