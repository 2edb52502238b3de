namespace SgsIpu.Engine.Quantization;

/// <summary>
/// How far the values of a channel may reach in samples that were not seen, where all of 16 bits cost little and what is cut off costs much. The
/// greatest value of a sample is taken to be Gumbel distributed (E. J. Gumbel, "Statistics of Extremes", 1958, chapter 5): the greatest of n samples is
/// expected β ln n above their mean, and each factor of e in how seldom a value may be cut off takes another β.
/// </summary>
internal static class UnseenExtremes
{
    /// <summary>What is assumed of β before any sample was seen, over the greatest value, and for how many samples that counts.</summary>
    private const double AssumedSpread = 0.2;
    private const double AssumedSamples = 8;

    /// <summary>
    /// What the noise of cutting off may be, over that of rounding: less than the same, since it comes at once and seldom. Measured: 1 costs 2 to 8 dB
    /// of what rounding leaves, 0.1 leaves values cut off on a few hundred other samples.
    /// </summary>
    private const double Equal = 0.3;

    /// <summary>The bound is part of its own equation, which converges at once.</summary>
    private const int Iterations = 3;

    /// <summary>Bits of rounding are not spent for more than so many times what was seen.</summary>
    private const double Most = 4;

    /// <summary>The range to cover of a channel.</summary>
    /// <param name="values">Values in a sample that are rounded in steps of this range.</param>
    public static (double Low, double High) Range(ActivationStatistics seen, int channel, double values) =>
        (0 - Bound(-seen.Min[channel], -seen.MeanMin(channel), seen.Samples, values), Bound(seen.Max[channel], seen.MeanMax(channel), seen.Samples, values));

    /// <summary>
    /// The bound b for which the mean square of what is cut off is in balance with that of rounding: a sample exceeds b with the probability p, by β in
    /// the mean, and the derivative of p 2β² is that of n b² / (12 · 32767²) for p = n b / (12 · 32767² β).
    /// </summary>
    /// <param name="extreme">The greatest value of all samples; below 0 for none.</param>
    /// <param name="mean">The mean of the samples' greatest values.</param>
    /// <param name="samples">How many there were.</param>
    /// <param name="values">Values of a sample that are rounded in steps of the bound.</param>
    public static double Bound(double extreme, double mean, int samples, double values)
    {
        if (extreme <= 0)
        {
            return 0;
        }

        double spread = ((samples * (extreme - mean) / Math.Log(Math.Max(samples, 2))) + (AssumedSamples * AssumedSpread * extreme)) / (samples + AssumedSamples);
        double bound = extreme;
        for (int i = 0; i < Iterations; i++)
        {
            double samplesToOneBeyond = Equal * 12 * short.MaxValue * short.MaxValue * spread / (values * bound);
            bound = extreme + (spread * Math.Log(Math.Max(samplesToOneBeyond / samples, 1)));
        }

        return Math.Min(bound, Most * extreme);
    }
}
