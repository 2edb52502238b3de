using System.Runtime.InteropServices;
using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>Integers of a fixed tensor, channels last, around their zero point.</summary>
internal sealed class IntegerPixels(ReadOnlyMemory<byte> bytes, DataType type, int zero) : IPixels
{
    public void Read(int pixel, Span<float> channels)
    {
        int count = channels.Length;
        if (type == DataType.UInt8)
        {
            ReadOnlySpan<byte> from = bytes.Span.Slice(pixel * count, count);
            for (int c = 0; c < count; c++)
            {
                channels[c] = from[c] - zero;
            }

            return;
        }

        ReadOnlySpan<short> words = MemoryMarshal.Cast<byte, short>(bytes.Span).Slice(pixel * count, count);
        for (int c = 0; c < count; c++)
        {
            channels[c] = words[c] - zero;
        }
    }
}
