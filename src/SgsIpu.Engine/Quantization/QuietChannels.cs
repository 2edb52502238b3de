namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Ranges in 16 bits of channels that were silent, or nearly so, in all samples: one that says nothing about a channel is the least evidence
/// that others will not. Integers that a channel does not need for its part of the signal cover what it may still say.
/// </summary>
internal static class QuietChannels
{
    /// <summary>Signal-to-noise ratio in dB at the readers that wider ranges leave if all channels were to have them.</summary>
    private const double Spare = 80;

    /// <summary>
    /// Widens the range of each channel as far as its rounding is no part of the noise that counts, and no further than that of the channel
    /// in the middle of those that were heard.
    /// </summary>
    /// <param name="gain">What a square error of each channel becomes at the readers.</param>
    /// <param name="signal">Mean square of the tensor at the readers.</param>
    public static ChannelRanges Widened(ChannelRanges ranges, double[] gain, double signal)
    {
        double[] bounds = [.. ranges.Low.Zip(ranges.High, (l, h) => Math.Max(-l, h))];
        double[] heard = [.. bounds.Where(b => b > 0).Order()];
        if (heard.Length == 0)
        {
            return ranges;
        }

        double middle = heard[heard.Length / 2];
        double step = Math.Sqrt(12 * signal / gain.Length * Math.Pow(10, -Spare / 10));
        double[] wider = [.. bounds.Zip(gain, (b, g) => Math.Max(b, Math.Min(middle, step * short.MaxValue / Math.Sqrt(g))))];
        bool signed = ranges.Low.Any(l => l < 0);
        return ranges with
        {
            Low = [.. ranges.Low.Select((l, c) => bounds[c] > 0 ? l * wider[c] / bounds[c] : signed ? -wider[c] : 0)],
            High = [.. ranges.High.Select((h, c) => bounds[c] > 0 ? h * wider[c] / bounds[c] : wider[c])],
        };
    }
}
