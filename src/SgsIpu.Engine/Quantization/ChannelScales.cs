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

    /// <summary>Steps between one scale for all (0) and one for each (1).</summary>
    private static readonly double[] Blends = [0, 0.25, 0.5, 0.75, 1];

    /// <summary>The mapping with the least expected error at the outputs of the consumers.</summary>
    /// <param name="seen">Variances.</param>
    /// <param name="channels">Where there are several candidates, what was seen of each channel.</param>
    /// <param name="candidates">Ranges of the channels that one observer each proposes.</param>
    /// <param name="axis">The dimension of the channels.</param>
    /// <param name="errors">The least error of each candidate.</param>
    public static QuantParam Choose(ActivationStatistics seen, RangeError[] channels, IReadOnlyList<ChannelRanges> candidates, int axis, IReadOnlyList<ChannelConsumer> consumers, out double[] errors)
    {
        double[] variance = [.. Enumerable.Range(0, seen.Min.Length).Select(seen.Variance)];
        double[] density = [.. Enumerable.Range(0, seen.Min.Length).Select(seen.Density)];
        RangeError[] beyond = candidates.Count > 1 ? channels : [];
        var gain = new double[beyond.Length];
        foreach (ChannelConsumer consumer in consumers)
        {
            for (int c = 0; c < gain.Length; c++)
            {
                gain[c] += consumer.SmoothGain(c);
            }
        }

        errors = new double[candidates.Count];
        (double[] Scales, int Zero, double Error, ChannelRanges Ranges) best = ([], 0, double.PositiveInfinity, candidates[0]);
        for (int i = 0; i < errors.Length; i++)
        {
            errors[i] = double.PositiveInfinity;
            foreach ((double[] scales, int zero) in Mappings(candidates[i]))
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

                for (int c = 0; c < beyond.Length; c++)
                {
                    error += gain[c] * beyond[c].Clipped(-zero * scales[c], (Levels - 1 - zero) * scales[c]);
                }

                errors[i] = Math.Min(errors[i], error);
                if (error < best.Error)
                {
                    best = (scales, zero, error, candidates[i]);
                }
            }
        }

        return new QuantParam([.. best.Scales], best.Zero, axis) { Min = [.. best.Ranges.Low.Select(v => (float)v)], Max = [.. best.Ranges.High.Select(v => (float)v)] };
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

    private static IEnumerable<(double[] Scales, int Zero)> Mappings(ChannelRanges ranges)
    {
        foreach (int zero in ZeroPoints(ranges.Low, ranges.High))
        {
            double[] tight = [.. ranges.Low.Zip(ranges.High, (l, h) => Tight(l, h, zero))];
            double whole = tight.Max();
            foreach (double blend in Blends)
            {
                double common = Math.Pow(whole, 1 - blend);
                yield return ([.. tight.Select(t => common * (blend > 0 ? Math.Pow(Math.Max(t, whole / 4096), blend) : 1))], zero);
            }
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
        return Math.Max(Math.Max(below, above), double.Epsilon * (1L << 40));
    }
}
