using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// UINT8 mappings with a scale for each channel, for tensors that only convolutions read. Between one scale for all channels and a tight
/// one for each lies the trade-off between rounding activations and rounding the weights that the scales are folded into, as in
/// cross-layer equalization (Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019, section 4.1).
/// </summary>
internal static class ChannelScales
{
    private const int ZeroSteps = 17;

    /// <summary>Steps between one scale for all (0) and one for each (1).</summary>
    private static readonly double[] Blends = [0, 0.25, 0.5, 0.75, 1];

    /// <summary>The mapping with the least expected error at the outputs of the consumers.</summary>
    /// <param name="seen">Extremes and variances of the channels.</param>
    /// <param name="tensor">The range of the whole tensor, beyond which values are cut off.</param>
    /// <param name="axis">The dimension of the channels.</param>
    /// <param name="given">Replaces the extremes that were seen; with one range a channel.</param>
    public static QuantParam Choose(ActivationStatistics seen, (double Min, double Max) tensor, int axis, IReadOnlyList<ChannelConsumer> consumers, GivenRange? given = null)
    {
        int channels = seen.Min.Length;
        ReadOnlySpan<float> min = given is null ? seen.Min : given.Min.AsSpan();
        ReadOnlySpan<float> max = given is null ? seen.Max : given.Max.AsSpan();
        var low = new double[channels];
        var high = new double[channels];
        var variance = new double[channels];
        for (int c = 0; c < channels; c++)
        {
            low[c] = Math.Clamp(min[c], tensor.Min, 0);
            high[c] = Math.Clamp(max[c], 0, tensor.Max);
            variance[c] = seen.Variance(c);
        }

        (double[] Scales, int Zero, double Error) best = ([], 0, double.PositiveInfinity);
        foreach (int zero in ZeroPoints(low, high))
        {
            double[] tight = [.. low.Zip(high, (l, h) => Tight(l, h, zero))];
            double whole = tight.Max();
            foreach (double blend in Blends)
            {
                double[] scales = [.. tight.Select(t => Math.Pow(whole, 1 - blend) * Math.Pow(Math.Max(t, whole / 4096), blend))];
                double error = consumers.Sum(c => c.ExpectedError(scales, variance));
                if (error < best.Error)
                {
                    best = (scales, zero, error);
                }
            }
        }

        return new QuantParam([.. best.Scales], best.Zero, axis) { Min = [.. min], Max = [.. max] };
    }

    /// <summary>Zero points to try; 0 alone where nothing is negative.</summary>
    private static IEnumerable<int> ZeroPoints(double[] low, double[] high)
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
