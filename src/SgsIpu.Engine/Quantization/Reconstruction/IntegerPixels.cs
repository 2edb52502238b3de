using System.Runtime.InteropServices;
using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>Integers of a fixed tensor, channels last, around those that stand for 0.</summary>
internal sealed class IntegerPixels(ReadOnlyMemory<byte> bytes, DataType type, QuantParam mapping) : IPixels
{
    public void Read(int pixel, Span<float> channels)
    {
        int count = channels.Length;
        if (type == DataType.UInt8)
        {
            ReadOnlySpan<byte> from = bytes.Span.Slice(pixel * count, count);
            for (int c = 0; c < count; c++)
            {
                channels[c] = from[c] - mapping.ZeroOf(c);
            }

            return;
        }

        ReadOnlySpan<short> words = MemoryMarshal.Cast<byte, short>(bytes.Span).Slice(pixel * count, count);
        for (int c = 0; c < count; c++)
        {
            channels[c] = words[c] - mapping.ZeroOf(c);
        }
    }
}
