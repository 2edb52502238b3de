namespace SgsIpu.Engine.Quantization;

/// <summary>
/// How far 16 bits are to reach for what a channel may hold in samples that were not seen: what is cut off is loud, and so is the rounding of too wide a range. The
/// greatest value of a sample is taken to be Gumbel distributed (E. J. Gumbel, "Statistics of Extremes", 1958, chapter 5): the greatest of n samples is
/// expected β ln n above their mean, and each factor of e in how seldom a value may be cut off takes another β.
/// </summary>
internal static class UnseenExtremes
{
    /// <summary>What is assumed of β before any sample was seen, over the greatest value, and for how many samples that counts.</summary>
    private const double AssumedSpread = 0.2;
    private const double AssumedSamples = 8;

    /// <summary>
    /// How many samples there may be to one that is cut off, over what balances both noises: the one comes at once and seldom, the other always. With 1,
    /// a text recognizer loses 7 dB to rounding; with 0.1, segmentation and faces lose 9 to 16 dB to what is cut off on other samples.
    /// </summary>
    private const double Balance = 0.3;

    /// <summary>The bound is part of its own equation, which converges at once.</summary>
    private const int Iterations = 3;

    /// <summary>Bits of rounding are not spent for more than so many times what was seen.</summary>
    private const double Most = 4;

    /// <summary>The range to cover of a channel.</summary>
    /// <param name="values">Values in a sample that are rounded in steps of this range.</param>
    /// <returns>In the tensor's units; 0 lies in it.</returns>
    public static (double Low, double High) Range(ActivationStatistics seen, int channel, double values) =>
        (0 - Bound(-seen.Min[channel], -seen.MeanMin(channel), seen.Samples, values), Bound(seen.Max[channel], seen.MeanMax(channel), seen.Samples, values));

    /// <summary>
    /// The bound b at which the mean square of what is cut off and that of rounding v values are in balance. A sample exceeds b with the probability p, by
    /// β in the mean; what more of b takes from 2 p β² it adds to v b² / (12 · 32767²) where p = v b / (12 · 32767² β).
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
            double samplesToOneBeyond = Balance * 12 * short.MaxValue * short.MaxValue * spread / (values * bound);
            bound = extreme + (spread * Math.Log(Math.Max(samplesToOneBeyond / samples, 1)));
        }

        return Math.Min(bound, Most * extreme);
    }
}
