using System.Globalization;
using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Chooses convolutions to run in 16 bits: those whose rounding adds most to the noise of the outputs for the multiply-accumulates that
/// become dearer. Noises of layers add up nearly, which makes the greedy choice a good one.
/// </summary>
internal static class PrecisionSearch
{
    /// <summary>Share of the multiply-accumulates that may run in 16 bits.</summary>
    public const double MostShare = 0.14;

    /// <summary>Noise over signal of every output that is good enough: 60 dB.</summary>
    private const double Target = 1e-6;

    /// <summary>A layer that adds less than this part of the noise is not worth any cost.</summary>
    private const double LeastPart = 0.002;

    /// <param name="layers">Each with its multiply-accumulates and the noise over signal that it alone adds to each output.</param>
    /// <param name="total">Multiply-accumulates of all convolutions of the model.</param>
    /// <param name="spent">Those of them that run in 16 bits already.</param>
    /// <returns>Nodes with the reason, the first chosen first.</returns>
    public static IReadOnlyList<(string Node, string Reason)> Choose(IReadOnlyList<(string Node, long Macs, double[] Noise)> layers, long total, long spent)
    {
        var chosen = new List<(string, string)>();
        var left = layers.ToList();
        long budget = (long)(total * MostShare) - spent;
        double all = left.Sum(l => l.Noise.Sum());
        while (left.Count > 0)
        {
            double[] noise = Sum(left);
            if (noise.All(n => n <= Target))
            {
                break;
            }

            // Outputs that are good enough do not ask for more.
            double Gain((string Node, long Macs, double[] Noise) l) => l.Noise.Zip(noise, (own, sum) => sum > Target ? own : 0).Sum();
            var affordable = left.Where(l => l.Macs <= budget && Gain(l) > LeastPart * all).ToList();
            if (affordable.Count == 0)
            {
                break;
            }

            (string Node, long Macs, double[] Noise) best = affordable.MaxBy(l => Gain(l) / Math.Max(l.Macs, 1));
            left.Remove(best);
            budget -= best.Macs;
            string reason = string.Create(
                CultureInfo.InvariantCulture,
                $"alone {FixedTrial.Decibels(best.Noise):0.0} dB at the outputs, {100 * best.Noise.Sum() / all:0.0} % of the noise for {100.0 * best.Macs / total:0.0} % of the multiply-accumulates");
            chosen.Add((best.Node, reason));
        }

        return chosen;
    }

    private static double[] Sum(List<(string Node, long Macs, double[] Noise)> layers)
    {
        var sum = new double[layers[0].Noise.Length];
        foreach ((_, _, double[] noise) in layers)
        {
            for (int o = 0; o < sum.Length; o++)
            {
                sum[o] += noise[o];
            }
        }

        return sum;
    }
}
