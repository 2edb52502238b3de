namespace SgsIpu.Engine.Quantization.Observers;

/// <summary>
/// The range with the least expected square error: uniform rounding noise inside, the distance to the border outside (as in Banner et al.,
/// "Post training 4-bit quantization of convolutional networks for rapid-deployment", 2019, but of the histogram, not of a distribution).
/// </summary>
internal sealed class MseObserver : IRangeObserver
{
    private const int Steps = 64;

    public string Name => "MSE";

    public (double Min, double Max) Range(RangeError seen, (double Min, double Max) extremes)
    {
        (double low, double high) = extremes;

        // The two borders are searched in turn; each round can only lower the error.
        for (int round = 0; round < 2; round++)
        {
            high = Best(high, extremes.Max, h => seen.Of(low, h));
            low = Best(low, extremes.Min, l => seen.Of(l, high));
        }

        return (low, high);
    }

    private static double Best(double start, double full, Func<double, double> error)
    {
        if (full == 0)
        {
            return 0;
        }

        double best = start;
        double least = error(start);
        for (int i = 1; i < Steps; i++)
        {
            double candidate = full * (Steps - i) / Steps;
            double e = error(candidate);
            if (e < least)
            {
                (best, least) = (candidate, e);
            }
        }

        return best;
    }
}
