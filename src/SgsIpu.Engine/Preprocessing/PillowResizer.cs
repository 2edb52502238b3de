namespace SgsIpu.Engine.Preprocessing;

/// <summary>
/// Pillow's resize of 8-bit images: a filter stretched over what the target pixel covers (antialiasing), weights in 1/2²², first along rows
/// and rounded, then along columns and rounded.
/// </summary>
internal static class PillowResizer
{
    private const int Bits = 22;

    /// <param name="support">Radius of the filter in target pixels.</param>
    public static RgbImage Resize(RgbImage image, int width, int height, double support, Func<double, double> filter)
    {
        if (image.Width != width)
        {
            image = Horizontal(image, Taps(image.Width, width, support, filter));
        }

        return image.Height == height ? image : Vertical(image, Taps(image.Height, height, support, filter));
    }

    /// <summary>BILINEAR.</summary>
    public static double Triangle(double x) => Math.Max(0, 1 - Math.Abs(x));

    /// <summary>BICUBIC with a = −0.5.</summary>
    public static double Cubic(double x)
    {
        const double a = -0.5;
        x = Math.Abs(x);
        return x < 1 ? ((((a + 2) * x) - (a + 3)) * x * x) + 1
            : x < 2 ? ((((x - 5) * x) + 8) * x * a) - (4 * a)
            : 0;
    }

    /// <summary>The source pixels of one target pixel.</summary>
    private readonly record struct Window(int First, int[] Weights);

    private static Window[] Taps(int from, int to, double support, Func<double, double> filter)
    {
        double scale = (double)from / to;
        double stretch = Math.Max(scale, 1);
        double reach = support * stretch;
        return [.. Enumerable.Range(0, to).Select(i =>
        {
            double center = (i + 0.5) * scale;
            int first = Math.Max(0, (int)(center - reach + 0.5));
            int end = Math.Min(from, (int)(center + reach + 0.5));
            double[] weights = [.. Enumerable.Range(first, end - first).Select(x => filter((x - center + 0.5) * (1 / stretch)))];
            double share = 1 / weights.Sum();
            return new Window(first, [.. weights.Select(w => (int)(Math.CopySign(0.5, w * share) + (w * share * (1 << Bits))))]);
        })];
    }

    private static RgbImage Horizontal(RgbImage image, Window[] columns)
    {
        int channels = image.Channels;
        var result = new RgbImage(columns.Length, image.Height, channels);
        for (int y = 0; y < image.Height; y++)
        {
            ReadOnlySpan<byte> from = image.Row(y);
            Span<byte> to = result.Row(y);
            int at = 0;
            foreach (Window column in columns)
            {
                for (int c = 0; c < channels; c++)
                {
                    int sum = 1 << (Bits - 1);
                    for (int t = 0; t < column.Weights.Length; t++)
                    {
                        sum += column.Weights[t] * from[((column.First + t) * channels) + c];
                    }

                    to[at++] = Rounded(sum);
                }
            }
        }

        return result;
    }

    private static RgbImage Vertical(RgbImage image, Window[] rows)
    {
        var result = new RgbImage(image.Width, rows.Length, image.Channels);
        var sums = new int[image.Width * image.Channels];
        for (int y = 0; y < rows.Length; y++)
        {
            Array.Fill(sums, 1 << (Bits - 1));
            for (int t = 0; t < rows[y].Weights.Length; t++)
            {
                int weight = rows[y].Weights[t];
                ReadOnlySpan<byte> from = image.Row(rows[y].First + t);
                for (int i = 0; i < sums.Length; i++)
                {
                    sums[i] += weight * from[i];
                }
            }

            Span<byte> to = result.Row(y);
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = Rounded(sums[i]);
            }
        }

        return result;
    }

    private static byte Rounded(int sum) => (byte)Math.Clamp(sum >> Bits, 0, 255);
}
