namespace SgsIpu.Engine.Preprocessing;

/// <summary>Resizes images as OpenCV and Pillow do.</summary>
internal static class ImageResizer
{
    public static RgbImage Resize(RgbImage image, int width, int height, Interpolation interpolation) =>
        image.Width == width && image.Height == height
            ? image
            : interpolation switch
            {
                Interpolation.Nearest => Nearest(image, width, height),
                Interpolation.OpenCvBilinear => OpenCvResizer.Bilinear(image, width, height),
                Interpolation.OpenCvArea => OpenCvResizer.Area(image, width, height),
                Interpolation.PillowBilinear => PillowResizer.Resize(image, width, height, 1, PillowResizer.Triangle),
                _ => PillowResizer.Resize(image, width, height, 2, PillowResizer.Cubic),
            };

    /// <summary>cv2.INTER_NEAREST: the pixel at or before the target's corner.</summary>
    private static RgbImage Nearest(RgbImage image, int width, int height)
    {
        int channels = image.Channels;
        int[] columns = Sources(image.Width, width);
        int[] rows = Sources(image.Height, height);
        var result = new RgbImage(width, height, channels);
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<byte> from = image.Row(rows[y]);
            Span<byte> to = result.Row(y);
            for (int x = 0; x < width; x++)
            {
                from.Slice(columns[x] * channels, channels).CopyTo(to[(x * channels)..]);
            }
        }

        return result;
    }

    private static int[] Sources(int from, int to)
    {
        // Twice a reciprocal, as OpenCV computes it: the quotient itself may round to the other side of a whole number.
        double scale = 1 / ((double)to / from);
        return [.. Enumerable.Range(0, to).Select(i => Math.Min((int)Math.Floor(i * scale), from - 1))];
    }
}
