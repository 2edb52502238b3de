using System.Collections.Immutable;

namespace SgsIpu.Engine;

/// <summary>What a model costs on a chip, in total and by command.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="SocVersion">The chip.</param>
/// <param name="Commands">In the order of execution.</param>
/// <param name="Macs">Multiply-accumulates of one run.</param>
/// <param name="Cycles">Cycles of one run.</param>
/// <param name="DramBytes">Bytes from and to main memory.</param>
/// <param name="PeakSramBytes">The most bytes of the chip's memory that a group of commands uses.</param>
/// <param name="ArenaBytes">Bytes of main memory for activations, as planned.</param>
/// <param name="ConstantBytes">Bytes of weights, biases and tables.</param>
/// <param name="Milliseconds">Time of one run at the chip's clock.</param>
/// <param name="Estimate">True where a figure of the chip is an estimate.</param>
public sealed record IpuModelCost(
    string Model,
    string SocVersion,
    ImmutableArray<IpuCommandCost> Commands,
    long Macs,
    double Cycles,
    long DramBytes,
    long PeakSramBytes,
    long ArenaBytes,
    long ConstantBytes,
    double Milliseconds,
    bool Estimate)
{
    public double ImagesPerSecond => Milliseconds > 0 ? 1000 / Milliseconds : 0;

    /// <summary>Milliseconds of one run of the simulator on this machine; null where it was not measured.</summary>
    public double? HostMilliseconds { get; init; }
}
