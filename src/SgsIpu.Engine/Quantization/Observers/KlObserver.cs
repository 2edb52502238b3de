namespace SgsIpu.Engine.Quantization.Observers;

/// <summary>
/// The range whose integers tell most of how the values are spread: the least Kullback-Leibler divergence between the histogram and the
/// histogram of the integers (Migacz, "8-bit Inference with TensorRT", 2017). Both borders are drawn in together.
/// </summary>
internal sealed class KlObserver : IRangeObserver
{
    private const int Steps = 48;
    private const double Narrowest = 0.25;

    public string Name => "KL";

    public (double Min, double Max) Range(RangeError seen, (double Min, double Max) extremes)
    {
        (double Min, double Max) best = extremes;
        double least = double.PositiveInfinity;
        Histogram histogram = seen.Histogram;
        for (int i = 0; i < Steps; i++)
        {
            double part = 1 - ((1 - Narrowest) * i / Steps);
            int first = histogram.BinOf(extremes.Min * part);
            int end = Math.Min(histogram.BinOf(extremes.Max * part) + 1, histogram.Bins);

            // Fewer bins than integers tell nothing.
            if (end - first < seen.Levels)
            {
                break;
            }

            double divergence = Divergence(histogram.Counts, first, end, seen.Levels);
            if (divergence < least)
            {
                best = (extremes.Min * part, extremes.Max * part);
                least = divergence;
            }
        }

        return best;
    }

    /// <summary>Of the bins in [first, end), with everything outside counted at the ends, from what is left of them in integers.</summary>
    private static double Divergence(ReadOnlySpan<uint> counts, int first, int end, int levels)
    {
        double total = Sum(counts);
        if (total == 0)
        {
            return 0;
        }

        double below = Sum(counts[..first]);
        double above = Sum(counts[end..]);
        int bins = end - first;
        double divergence = 0;
        for (int level = 0; level < levels; level++)
        {
            int from = first + (int)((long)bins * level / levels);
            int to = first + (int)((long)bins * (level + 1) / levels);
            double inside = 0;
            int used = 0;
            for (int i = from; i < to; i++)
            {
                inside += counts[i];
                used += counts[i] > 0 ? 1 : 0;
            }

            // The integer stands for each of its bins alike, as far as anything was in them; what was cut off is not among them.
            double each = used == 0 ? 0 : inside / used;
            for (int i = from; i < to; i++)
            {
                double p = counts[i] + (i == first ? below : 0) + (i == end - 1 ? above : 0);
                if (p > 0)
                {
                    divergence += p / total * Math.Log(p / Math.Max(each, 0.5));
                }
            }
        }

        return divergence;
    }

    private static double Sum(ReadOnlySpan<uint> counts)
    {
        double sum = 0;
        foreach (uint count in counts)
        {
            sum += count;
        }

        return sum;
    }
}
