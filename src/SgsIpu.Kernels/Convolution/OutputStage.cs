using System.Runtime.InteropServices;
using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>From accumulators to the integers of the output: bias, scale of each output channel, zero point, clamp.</summary>
/// <param name="Type">UInt8 or Int16.</param>
/// <param name="Bias">At the accumulators' scale, below 2^60 in magnitude.</param>
/// <param name="Min">Smallest integer of the output, within the type; a fused activation narrows it.</param>
public sealed record OutputStage(DataType Type, long[] Bias, Requantizer[] Scale, int ZeroPoint, int Min, int Max)
{
    /// <summary>The output's integer for an accumulator of a channel.</summary>
    public int Apply(int channel, long accumulator) =>
        (int)Math.Clamp((long)Scale[channel].Apply(accumulator + Bias[channel]) + ZeroPoint, Min, Max);

    /// <summary>Writes the output's integer at an element.</summary>
    public void Write(Span<byte> y, int element, int channel, long accumulator)
    {
        int value = Apply(channel, accumulator);
        if (Type == DataType.UInt8)
        {
            y[element] = (byte)value;
        }
        else
        {
            MemoryMarshal.Cast<byte, short>(y)[element] = (short)value;
        }
    }
}
