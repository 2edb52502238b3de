namespace SgsIpu.Engine.Preprocessing;

/// <summary>
/// cv2.resize of 8-bit images with INTER_LINEAR and INTER_AREA. Bilinear weights are integers in 1/2048; a column's sum is cut to 1/128 and
/// the row weights' products to 1/4 before the one rounding, so that results are OpenCV's to the bit.
/// </summary>
internal static class OpenCvResizer
{
    private const int Bits = 11;
    private const int One = 1 << Bits;

    /// <summary>INTER_LINEAR: two neighbours in each direction, no antialiasing. Exact halves are means of 2×2 pixels.</summary>
    public static RgbImage Bilinear(RgbImage image, int width, int height)
    {
        if (image.Width == 2 * width && image.Height == 2 * height)
        {
            return Means(image, 2, 2);
        }

        return Linear(image, Between(image.Width, width), Between(image.Height, height));
    }

    /// <summary>INTER_AREA: the mean over the area that the target pixel covers; where a side grows, bilinear with weights of its own.</summary>
    public static RgbImage Area(RgbImage image, int width, int height)
    {
        if (image.Width < width || image.Height < height)
        {
            return Linear(image, Covering(image.Width, width), Covering(image.Height, height));
        }

        return image.Width % width == 0 && image.Height % height == 0
            ? Means(image, image.Width / width, image.Height / height)
            : Weighted(image, Cells(image.Width, width), Cells(image.Height, height));
    }

    /// <summary>A pixel and the share of its right or lower neighbour.</summary>
    private readonly record struct Pair(int First, int Weight0, int Weight1);

    /// <summary>The source pixels of one target pixel.</summary>
    private readonly record struct Cell(int First, float[] Weights);

    private static Pair[] Between(int from, int to)
    {
        double scale = 1 / ((double)to / from);
        return [.. Enumerable.Range(0, to).Select(i =>
        {
            float center = (float)(((i + 0.5) * scale) - 0.5);
            int first = (int)MathF.Floor(center);
            return Weights(first, center - first);
        })];
    }

    private static Pair[] Covering(int from, int to)
    {
        double inverse = (double)to / from;
        double scale = 1 / inverse;
        return [.. Enumerable.Range(0, to).Select(i =>
        {
            int first = (int)Math.Floor(i * scale);
            float part = (float)(i + 1 - ((first + 1) * inverse));
            return Weights(first, part <= 0 ? 0 : part - MathF.Floor(part));
        })];
    }

    private static Pair Weights(int first, float part) =>
        new(first, (int)MathF.Round((1 - part) * One, MidpointRounding.ToEven), (int)MathF.Round(part * One, MidpointRounding.ToEven));

    private static RgbImage Linear(RgbImage image, Pair[] columns, Pair[] rows)
    {
        int channels = image.Channels;
        var result = new RgbImage(columns.Length, rows.Length, channels);
        var upper = new int[columns.Length * channels];
        var lower = new int[upper.Length];
        (int upperRow, int lowerRow) = (-1, -1);
        for (int y = 0; y < rows.Length; y++)
        {
            // Rows beyond the border are the border's; rows come in order, so that two sums are kept.
            int first = Math.Clamp(rows[y].First, 0, image.Height - 1);
            int second = Math.Clamp(rows[y].First + 1, 0, image.Height - 1);
            if (upperRow != first && lowerRow == first)
            {
                (upper, lower, upperRow, lowerRow) = (lower, upper, lowerRow, upperRow);
            }

            if (upperRow != first)
            {
                Sum(image.Row(first), columns, channels, upper);
                upperRow = first;
            }

            if (lowerRow != second)
            {
                Sum(image.Row(second), columns, channels, lower);
                lowerRow = second;
            }

            Span<byte> row = result.Row(y);
            for (int i = 0; i < row.Length; i++)
            {
                row[i] = (byte)((((rows[y].Weight0 * (upper[i] >> 4)) >> 16) + ((rows[y].Weight1 * (lower[i] >> 4)) >> 16) + 2) >> 2);
            }
        }

        return result;
    }

    private static void Sum(ReadOnlySpan<byte> row, Pair[] columns, int channels, int[] sums)
    {
        int last = (row.Length / channels) - 1;
        int at = 0;
        foreach (Pair column in columns)
        {
            // Columns beyond the border count once, with the whole weight.
            bool inside = column.First >= 0 && column.First < last;
            int first = Math.Clamp(column.First, 0, last) * channels;
            for (int c = 0; c < channels; c++)
            {
                sums[at++] = inside ? (row[first + c] * column.Weight0) + (row[first + channels + c] * column.Weight1) : row[first + c] * One;
            }
        }
    }

    /// <summary>Means of whole blocks.</summary>
    private static RgbImage Means(RgbImage image, int blockWidth, int blockHeight)
    {
        int channels = image.Channels;
        var result = new RgbImage(image.Width / blockWidth, image.Height / blockHeight, channels);
        var sums = new int[result.Width * channels];
        float share = 1f / (blockWidth * blockHeight);
        for (int y = 0; y < result.Height; y++)
        {
            Array.Clear(sums);
            for (int dy = 0; dy < blockHeight; dy++)
            {
                ReadOnlySpan<byte> row = image.Row((y * blockHeight) + dy);
                for (int i = 0; i < row.Length; i++)
                {
                    sums[(i / channels / blockWidth * channels) + (i % channels)] += row[i];
                }
            }

            Span<byte> to = result.Row(y);
            for (int i = 0; i < to.Length; i++)
            {
                // OpenCV rounds the mean of four pixels half up and any other half to even.
                to[i] = blockWidth == 2 && blockHeight == 2 ? (byte)((sums[i] + 2) >> 2) : (byte)MathF.Round(sums[i] * share, MidpointRounding.ToEven);
            }
        }

        return result;
    }

    private static Cell[] Cells(int from, int to)
    {
        const double least = 1e-3;
        double scale = 1 / ((double)to / from);
        return [.. Enumerable.Range(0, to).Select(i =>
        {
            double begin = i * scale;
            double end = begin + scale;
            double width = Math.Min(scale, from - begin);
            int last = Math.Min((int)Math.Floor(end), from - 1);
            int first = Math.Min((int)Math.Ceiling(begin), last);
            var weights = new List<float>();
            bool before = first - begin > least;
            if (before)
            {
                weights.Add((float)((first - begin) / width));
            }

            weights.AddRange(Enumerable.Repeat((float)(1 / width), last - first));
            if (end - last > least)
            {
                weights.Add((float)(Math.Min(Math.Min(end - last, 1), width) / width));
            }

            return new Cell(before ? first - 1 : first, [.. weights]);
        })];
    }

    private static RgbImage Weighted(RgbImage image, Cell[] columns, Cell[] rows)
    {
        int channels = image.Channels;
        var result = new RgbImage(columns.Length, rows.Length, channels);
        var line = new float[columns.Length * channels];
        var total = new float[line.Length];
        for (int y = 0; y < rows.Length; y++)
        {
            Array.Clear(total);
            for (int t = 0; t < rows[y].Weights.Length; t++)
            {
                Sum(image.Row(rows[y].First + t), columns, channels, line);
                float weight = rows[y].Weights[t];
                for (int i = 0; i < total.Length; i++)
                {
                    total[i] += weight * line[i];
                }
            }

            Span<byte> to = result.Row(y);
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = (byte)Math.Clamp(MathF.Round(total[i], MidpointRounding.ToEven), 0, 255);
            }
        }

        return result;
    }

    private static void Sum(ReadOnlySpan<byte> row, Cell[] columns, int channels, float[] sums)
    {
        int at = 0;
        foreach (Cell column in columns)
        {
            for (int c = 0; c < channels; c++)
            {
                float sum = 0;
                for (int t = 0; t < column.Weights.Length; t++)
                {
                    sum += column.Weights[t] * row[((column.First + t) * channels) + c];
                }

                sums[at++] = sum;
            }
        }
    }
}
