namespace SgsIpu.Engine.Quantization;

/// <summary>Decides from statistics which range of a tensor its integers cover.</summary>
internal static class RangeEstimator
{
    /// <summary>Steps in which the outlier search narrows a range.</summary>
    private const int Steps = 128;

    /// <summary>Everything that was seen.</summary>
    public static (double Min, double Max) MinMax(ActivationStatistics statistics)
    {
        float low = float.PositiveInfinity;
        float high = float.NegativeInfinity;
        foreach (float v in statistics.Min)
        {
            low = Math.Min(low, v);
        }

        foreach (float v in statistics.Max)
        {
            high = Math.Max(high, v);
        }

        return (Math.Min(low, 0), Math.Max(high, 0));
    }

    /// <summary>
    /// Everything that was seen but outliers: the rarest values of a side are cut off where they stretch that side to more than twice
    /// the range that has the least square error without them.
    /// </summary>
    /// <param name="share">Share of the values that outliers may have at each side.</param>
    public static (double Min, double Max) WithoutOutliers(ActivationStatistics statistics, int levels, double share)
    {
        (double min, double max) = MinMax(statistics);
        (double low, double high) = LeastSquares(statistics, levels, share);
        return (low > min / 2 ? low : min, high < max / 2 ? high : max);
    }

    /// <summary>
    /// The range with the least expected square error for <paramref name="levels"/> levels: uniform rounding noise inside, the distance
    /// to the border outside. At most the share <paramref name="trim"/> of the values is cut off at each side, so that only outliers go.
    /// </summary>
    public static (double Min, double Max) LeastSquares(ActivationStatistics statistics, int levels, double trim)
    {
        (double min, double max) = MinMax(statistics);
        var error = new RangeError(statistics.Histogram, levels);
        (double lowest, double highest) = statistics.Histogram.Kept(trim);
        double low = min;
        double high = max;

        // The two borders are searched in turn; each round can only lower the error.
        for (int round = 0; round < 3; round++)
        {
            high = Best(high, max, Math.Max(highest, 0), h => error.Of(low, h));
            low = Best(low, min, Math.Min(lowest, 0), l => error.Of(l, high));
        }

        return (low, high);
    }

    private static double Best(double start, double full, double kept, Func<double, double> error)
    {
        double best = start;
        double least = error(start);
        for (int i = 0; i <= Steps; i++)
        {
            double candidate = full + ((kept - full) * i / Steps);
            double e = error(candidate);
            if (e < least)
            {
                (best, least) = (candidate, e);
            }
        }

        return best;
    }
}
