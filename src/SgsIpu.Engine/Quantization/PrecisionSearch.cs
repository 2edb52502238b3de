using System.Globalization;
using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Chooses convolutions to run in 16 bits: those whose rounding adds most to the noise of the outputs for what becomes dearer. Noises of layers add up nearly, which makes the greedy choice a good one.
/// </summary>
internal static class PrecisionSearch
{
    /// <summary>Share of the multiply-accumulates that may run in 16 bits.</summary>
    public const double MostShare = 0.14;

    /// <summary>Noise over signal of every output that is good enough: 60 dB.</summary>
    private const double Target = 1e-6;

    /// <summary>A layer that adds less than this part of the noise is not worth any cost.</summary>
    private const double LeastPart = 0.002;

    /// <param name="layers">Each with what 16 bits cost, and the noise over signal that it alone adds to each output.</param>
    /// <param name="budget">What all that are chosen may cost.</param>
    /// <param name="whole">What counts as 100 %, for the reasons.</param>
    /// <param name="unit">What the cost is a part of, for the reasons.</param>
    /// <returns>Nodes with the reason, the first chosen first.</returns>
    public static IReadOnlyList<(string Node, string Reason)> Choose(IReadOnlyList<(string Node, long Cost, double[] Noise)> layers, long budget, long whole, string unit)
    {
        var chosen = new List<(string, string)>();
        var left = layers.ToList();
        double all = left.Sum(l => l.Noise.Sum());
        while (left.Count > 0)
        {
            double[] noise = Sum(left);
            if (noise.All(n => n <= Target))
            {
                break;
            }

            // Outputs that are good enough do not ask for more.
            double Gain((string Node, long Cost, double[] Noise) l) => l.Noise.Zip(noise, (own, sum) => sum > Target ? own : 0).Sum();
            var affordable = left.Where(l => l.Cost <= budget && Gain(l) > LeastPart * all).ToList();
            if (affordable.Count == 0)
            {
                break;
            }

            (string Node, long Cost, double[] Noise) best = affordable.MaxBy(l => Gain(l) / Math.Max(l.Cost, 1));
            left.Remove(best);
            budget -= best.Cost;
            string reason = string.Create(
                CultureInfo.InvariantCulture,
                $"alone {FixedTrial.Decibels(best.Noise):0.0} dB at the outputs, {100 * best.Noise.Sum() / all:0.0} % of the noise for {100.0 * best.Cost / whole:0.0} % of {unit}");
            chosen.Add((best.Node, reason));
        }

        return chosen;
    }

    private static double[] Sum(List<(string Node, long Cost, double[] Noise)> layers)
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
