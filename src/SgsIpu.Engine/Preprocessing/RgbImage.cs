namespace SgsIpu.Engine.Preprocessing;

/// <summary>An image of 8 bits a channel, rows from top to bottom, channels interleaved.</summary>
/// <param name="Channels">3 (red, green, blue) or 1 (grey).</param>
public sealed record RgbImage(int Width, int Height, int Channels, byte[] Pixels)
{
    public RgbImage(int width, int height, int channels)
        : this(width, height, channels, new byte[width * height * channels])
    {
    }

    /// <summary>One row.</summary>
    public Span<byte> Row(int y) => Pixels.AsSpan(y * Width * Channels, Width * Channels);
}
