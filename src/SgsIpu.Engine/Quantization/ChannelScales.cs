using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Quantization.Observers;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// UINT8 mappings with a scale for each channel, for tensors that only convolutions read. Between one scale for all channels and a tight
/// one for each lies the trade-off between rounding activations and rounding the weights that the scales are folded into, as in
/// cross-layer equalization (Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019, section 4.1).
/// </summary>
internal static class ChannelScales
{
    private const int ZeroSteps = 17;
    private const int Levels = 256;

    /// <summary>The zero point that offsets of channels start from.</summary>
    private const int Middle = Levels / 2;

    /// <summary>The scale of a channel of zeros.</summary>
    private const double Least = double.Epsilon * (1L << 40);

    /// <summary>Steps between one scale for all (0) and one for each (1).</summary>
    private static readonly double[] Blends = [0, 0.25, 0.5, 0.75, 1];

    /// <summary>The mapping with the least expected error at the outputs of the consumers.</summary>
    /// <param name="seen">Variances.</param>
    /// <param name="channels">What was seen of each channel; empty where what a candidate cuts off does not count.</param>
    /// <param name="candidates">Ranges of the channels that one observer each proposes.</param>
    /// <param name="axis">The dimension of the channels.</param>
    /// <param name="offsets">Whether each channel may have an integer of its own for 0.</param>
    /// <param name="errors">The least error of each candidate.</param>
    public static QuantParam Choose(ActivationStatistics seen, RangeError[] channels, IReadOnlyList<ChannelRanges> candidates, int axis, IReadOnlyList<ChannelConsumer> consumers, bool offsets, out double[] errors)
    {
        double[] variance = [.. Enumerable.Range(0, seen.Min.Length).Select(seen.Variance)];
        double[] density = [.. Enumerable.Range(0, seen.Min.Length).Select(seen.Density)];
        var gain = new double[channels.Length];
        foreach (ChannelConsumer consumer in consumers)
        {
            for (int c = 0; c < gain.Length; c++)
            {
                gain[c] += consumer.SmoothGain(c);
            }
        }

        errors = new double[candidates.Count];
        (double[] Scales, int[] Zeros, double Error, ChannelRanges Ranges) best = ([], [], double.PositiveInfinity, candidates[0]);
        for (int i = 0; i < errors.Length; i++)
        {
            errors[i] = double.PositiveInfinity;
            foreach ((double[] scales, int[] zeros) in offsets ? MappingsByChannel(candidates[i]) : Mappings(candidates[i]))
            {
                double error = 0;
                foreach (ChannelConsumer consumer in consumers)
                {
                    error += consumer.ExpectedError(scales, variance, density, errors[i] - error);
                }

                if (error >= errors[i])
                {
                    continue;
                }

                for (int c = 0; c < channels.Length; c++)
                {
                    error += gain[c] * channels[c].Clipped(-zeros[c] * scales[c], (Levels - 1 - zeros[c]) * scales[c]);
                }

                errors[i] = Math.Min(errors[i], error);
                if (error < best.Error)
                {
                    best = (scales, zeros, error, candidates[i]);
                }
            }
        }

        bool differ = best.Zeros.Distinct().Count() > 1;
        int zero = differ ? Middle : best.Zeros[0];
        return new QuantParam([.. best.Scales], zero, axis) { Offsets = differ ? [.. best.Zeros.Select(z => z - zero)] : [], Min = [.. best.Ranges.Low.Select(v => (float)v)], Max = [.. best.Ranges.High.Select(v => (float)v)] };
    }

    /// <summary>What each observer proposes for the channels.</summary>
    /// <param name="channels">What was seen of each.</param>
    public static IReadOnlyList<ChannelRanges> Candidates(ActivationStatistics seen, RangeError[] channels, (double Min, double Max) tensor, IEnumerable<IRangeObserver> observers) =>
        [.. observers.Select(o => Of(o.Name, channels.Length, c => o.Range(channels[c], (Math.Clamp(seen.Min[c], tensor.Min, 0), Math.Clamp(seen.Max[c], 0, tensor.Max)))))];

    /// <summary>The ranges that a user gave, one a channel.</summary>
    public static ChannelRanges Given(GivenRange given) => Of("Given", given.Min.Length, c => (Math.Min(given.Min[c], 0), Math.Max(given.Max[c], 0)));

    private static ChannelRanges Of(string observer, int channels, Func<int, (double Low, double High)> range)
    {
        (double Low, double High)[] ranges = [.. Enumerable.Range(0, channels).Select(range)];
        return new ChannelRanges(observer, [.. ranges.Select(r => r.Low)], [.. ranges.Select(r => r.High)]);
    }

    private static IEnumerable<(double[] Scales, int[] Zeros)> Mappings(ChannelRanges ranges)
    {
        foreach (int zero in ZeroPoints(ranges.Low, ranges.High))
        {
            int[] zeros = [.. Enumerable.Repeat(zero, ranges.Low.Length)];
            foreach (double[] scales in Blended([.. ranges.Low.Zip(ranges.High, (l, h) => Tight(l, h, zero))]))
            {
                yield return (scales, zeros);
            }
        }
    }

    /// <summary>Each channel is covered from its least to its greatest value; what a larger scale has to spare is shared by both ends.</summary>
    private static IEnumerable<(double[] Scales, int[] Zeros)> MappingsByChannel(ChannelRanges ranges) =>
        Blended([.. ranges.Low.Zip(ranges.High, (l, h) => Math.Max((h - l) / (Levels - 1), Least))])
            .Select(scales => (scales, (int[])[.. scales.Select((s, c) => (int)Math.Clamp(Math.Round(((Levels - 1) / 2.0) - ((ranges.Low[c] + ranges.High[c]) / 2 / s)), 0, Levels - 1))]));

    private static IEnumerable<double[]> Blended(double[] tight)
    {
        double whole = tight.Max();
        foreach (double blend in Blends)
        {
            double common = Math.Pow(whole, 1 - blend);
            yield return [.. tight.Select(t => common * (blend > 0 ? Math.Pow(Math.Max(t, whole / 4096), blend) : 1))];
        }
    }

    /// <summary>Zero points to try; 0 alone where nothing is negative.</summary>
    private static IEnumerable<int> ZeroPoints(ImmutableArray<double> low, ImmutableArray<double> high)
    {
        if (low.All(l => l == 0))
        {
            return [0];
        }

        return high.All(h => h == 0) ? [255] : Enumerable.Range(1, ZeroSteps).Select(i => 255 * i / (ZeroSteps + 1)).Append(QuantParam.UInt8(low.Min(), high.Max()).ZeroPoint).Where(z => z is > 0 and < 255).Distinct();
    }

    /// <summary>The least scale that covers a channel; the smallest positive one for a channel of zeros.</summary>
    private static double Tight(double low, double high, int zero)
    {
        double below = low < 0 ? -low / zero : 0;
        double above = high > 0 ? high / (255 - zero) : 0;
        return Math.Max(Math.Max(below, above), Least);
    }
}
