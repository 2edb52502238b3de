namespace SgsIpu.Engine.Preprocessing;

/// <summary>Resizes images as OpenCV and Pillow do, to within one grey level.</summary>
internal static class ImageResizer
{
    private const int Bits = 22;

    public static RgbImage Resize(RgbImage image, int width, int height, Interpolation interpolation)
    {
        if (image.Width == width && image.Height == height)
        {
            return image;
        }

        Taps[] columns = Filter(image.Width, width, interpolation);
        Taps[] rows = Filter(image.Height, height, interpolation);
        return interpolation is Interpolation.PillowBilinear or Interpolation.PillowBicubic
            ? Vertical8(Horizontal8(image, columns), rows)
            : Separable(image, columns, rows);
    }

    /// <summary>The source pixels of one target pixel.</summary>
    private readonly record struct Taps(int First, double[] Weights);

    private static Taps[] Filter(int from, int to, Interpolation interpolation)
    {
        double scale = (double)from / to;
        return [.. Enumerable.Range(0, to).Select(i => interpolation switch
        {
            Interpolation.Nearest => new Taps(Math.Min((int)Math.Floor(i * scale), from - 1), [1]),
            Interpolation.OpenCvBilinear => Two(((i + 0.5) * scale) - 0.5, from),
            Interpolation.OpenCvArea => scale >= 1 ? Area(i, scale, from) : Enlarged(i, scale, from),
            Interpolation.PillowBilinear => Pillow(i, scale, from, 1, static x => Math.Max(0, 1 - Math.Abs(x))),
            _ => Pillow(i, scale, from, 2, Cubic),
        })];
    }

    private static Taps Two(double center, int from)
    {
        int first = (int)Math.Floor(center);
        double part = center - first;
        if (first < 0)
        {
            return new Taps(0, [1]);
        }

        return first >= from - 1 ? new Taps(from - 1, [1]) : new Taps(first, [1 - part, part]);
    }

    /// <summary>The mean over the area that the target pixel covers.</summary>
    private static Taps Area(int index, double scale, int from)
    {
        double begin = index * scale;
        double end = Math.Min(begin + scale, from);
        int first = (int)Math.Floor(begin);
        int last = Math.Min((int)Math.Ceiling(end - 1e-3), from);
        var weights = new double[Math.Max(1, last - first)];
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = Math.Max(0, Math.Min(first + i + 1, end) - Math.Max(first + i, begin));
        }

        return Normalized(first, weights);
    }

    /// <summary>OpenCV enlarges by area with bilinear weights of its own.</summary>
    private static Taps Enlarged(int index, double scale, int from)
    {
        int first = (int)Math.Floor(index * scale);
        double part = index + 1 - ((first + 1) / scale);
        part = part <= 0 ? 0 : part - Math.Floor(part);
        return first >= from - 1 ? new Taps(from - 1, [1]) : new Taps(first, [1 - part, part]);
    }

    /// <summary>A filter stretched over what the target pixel covers, so that nothing is skipped.</summary>
    private static Taps Pillow(int index, double scale, int from, double support, Func<double, double> filter)
    {
        double stretch = Math.Max(scale, 1);
        double center = (index + 0.5) * scale;
        int first = Math.Max(0, (int)(center - (support * stretch) + 0.5));
        int end = Math.Min(from, (int)(center + (support * stretch) + 0.5));
        return Normalized(first, [.. Enumerable.Range(first, end - first).Select(x => filter((x - center + 0.5) / stretch))]);
    }

    private static double Cubic(double x)
    {
        const double a = -0.5;
        x = Math.Abs(x);
        return x < 1 ? ((((a + 2) * x) - (a + 3)) * x * x) + 1
            : x < 2 ? ((((x - 5) * x) + 8) * x * a) - (4 * a)
            : 0;
    }

    private static Taps Normalized(int first, double[] weights)
    {
        double sum = weights.Sum();
        return new Taps(first, [.. weights.Select(w => w / sum)]);
    }

    /// <summary>Both directions in one precision, rounded once, as OpenCV does.</summary>
    private static RgbImage Separable(RgbImage image, Taps[] columns, Taps[] rows)
    {
        int channels = image.Channels;
        var result = new RgbImage(columns.Length, rows.Length, channels);
        var sums = new Dictionary<int, float[]>();
        float[] weighted(int y)
        {
            if (!sums.TryGetValue(y, out float[]? line))
            {
                sums[y] = line = HorizontalSums(image.Row(y), columns, channels);
            }

            return line;
        }

        var total = new float[columns.Length * channels];
        for (int y = 0; y < rows.Length; y++)
        {
            Array.Clear(total);
            Taps taps = rows[y];
            for (int t = 0; t < taps.Weights.Length; t++)
            {
                float[] line = weighted(taps.First + t);
                float w = (float)taps.Weights[t];
                for (int i = 0; i < total.Length; i++)
                {
                    total[i] += w * line[i];
                }
            }

            Span<byte> row = result.Row(y);
            for (int i = 0; i < total.Length; i++)
            {
                row[i] = (byte)Math.Clamp(MathF.Round(total[i], MidpointRounding.ToEven), 0, 255);
            }

            foreach (int passed in sums.Keys.Where(k => k < taps.First).ToArray())
            {
                sums.Remove(passed);
            }
        }

        return result;
    }

    private static float[] HorizontalSums(ReadOnlySpan<byte> row, Taps[] columns, int channels)
    {
        var line = new float[columns.Length * channels];
        for (int x = 0; x < columns.Length; x++)
        {
            Taps taps = columns[x];
            for (int t = 0; t < taps.Weights.Length; t++)
            {
                float w = (float)taps.Weights[t];
                for (int c = 0; c < channels; c++)
                {
                    line[(x * channels) + c] += w * row[((taps.First + t) * channels) + c];
                }
            }
        }

        return line;
    }

    private static RgbImage Horizontal8(RgbImage image, Taps[] columns)
    {
        int channels = image.Channels;
        int[][] weights = [.. columns.Select(Fixed)];
        var result = new RgbImage(columns.Length, image.Height, channels);
        for (int y = 0; y < image.Height; y++)
        {
            ReadOnlySpan<byte> from = image.Row(y);
            Span<byte> to = result.Row(y);
            for (int x = 0; x < columns.Length; x++)
            {
                for (int c = 0; c < channels; c++)
                {
                    int sum = 1 << (Bits - 1);
                    for (int t = 0; t < weights[x].Length; t++)
                    {
                        sum += weights[x][t] * from[((columns[x].First + t) * channels) + c];
                    }

                    to[(x * channels) + c] = (byte)Math.Clamp(sum >> Bits, 0, 255);
                }
            }
        }

        return result;
    }

    private static RgbImage Vertical8(RgbImage image, Taps[] rows)
    {
        var result = new RgbImage(image.Width, rows.Length, image.Channels);
        var sums = new int[image.Width * image.Channels];
        for (int y = 0; y < rows.Length; y++)
        {
            int[] weights = Fixed(rows[y]);
            Array.Fill(sums, 1 << (Bits - 1));
            for (int t = 0; t < weights.Length; t++)
            {
                int w = weights[t];
                ReadOnlySpan<byte> from = image.Row(rows[y].First + t);
                for (int i = 0; i < sums.Length; i++)
                {
                    sums[i] += w * from[i];
                }
            }

            Span<byte> to = result.Row(y);
            for (int i = 0; i < sums.Length; i++)
            {
                to[i] = (byte)Math.Clamp(sums[i] >> Bits, 0, 255);
            }
        }

        return result;
    }

    private static int[] Fixed(Taps taps) => [.. taps.Weights.Select(w => (int)Math.Floor((w * (1 << Bits)) + 0.5))];
}
