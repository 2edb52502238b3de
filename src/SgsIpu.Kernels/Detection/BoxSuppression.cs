namespace SgsIpu.Kernels.Detection;

/// <summary>
/// Greedy suppression of overlapping boxes, in integers. Boxes are four numbers each, two opposite corners (y1, x1, y2, x2) in any
/// order, of magnitude at most 2^30.
/// </summary>
public static class BoxSuppression
{
    /// <summary>Bits behind the point of an overlap threshold.</summary>
    public const int ThresholdBits = 24;

    /// <summary>A threshold of intersection over union as an integer.</summary>
    public static int Threshold(float overlap) => (int)Math.Clamp(Math.Floor(Math.ScaleB((double)overlap, ThresholdBits) + 0.5), 0, 1 << ThresholdBits);

    /// <summary>The sorting key of a candidate: keys in ascending order are scores in descending order, equal ones by position.</summary>
    public static long Key(int score, int position) => ((long)-score << 32) | (uint)position;

    /// <summary>The position in a key.</summary>
    public static int Position(long key) => (int)(uint)key;

    /// <summary>
    /// Keeps a candidate unless it overlaps one kept before it by more than the threshold. Positions of the kept ones are written in
    /// order; their number is returned.
    /// </summary>
    /// <param name="boxes">Four numbers a box, for every position.</param>
    /// <param name="sorted">Keys in ascending order.</param>
    /// <param name="threshold">See <see cref="Threshold"/>.</param>
    /// <param name="kept">As long as the largest number of boxes to keep.</param>
    public static int Select(ReadOnlySpan<int> boxes, ReadOnlySpan<long> sorted, int threshold, Span<int> kept)
    {
        int count = 0;
        for (int i = 0; i < sorted.Length && count < kept.Length; i++)
        {
            int candidate = Position(sorted[i]);
            ReadOnlySpan<int> box = boxes.Slice(candidate * 4, 4);
            bool free = true;
            for (int k = 0; k < count && free; k++)
            {
                free = !Overlap(boxes.Slice(kept[k] * 4, 4), box, threshold);
            }

            if (free)
            {
                kept[count++] = candidate;
            }
        }

        return count;
    }

    /// <summary>True where the intersection is more than the threshold's share of the union. A box without area overlaps nothing.</summary>
    public static bool Overlap(ReadOnlySpan<int> a, ReadOnlySpan<int> b, int threshold)
    {
        long height = (long)Math.Min(Math.Max(a[0], a[2]), Math.Max(b[0], b[2])) - Math.Max(Math.Min(a[0], a[2]), Math.Min(b[0], b[2]));
        long width = (long)Math.Min(Math.Max(a[1], a[3]), Math.Max(b[1], b[3])) - Math.Max(Math.Min(a[1], a[3]), Math.Min(b[1], b[3]));
        long areaA = Area(a);
        long areaB = Area(b);
        if (height <= 0 || width <= 0 || areaA == 0 || areaB == 0)
        {
            return false;
        }

        Int128 intersection = (Int128)height * width;
        return (intersection << ThresholdBits) > threshold * (areaA + (Int128)areaB - intersection);
    }

    private static long Area(ReadOnlySpan<int> box) => Math.Abs((long)box[2] - box[0]) * Math.Abs((long)box[3] - box[1]);
}
