using System.Globalization;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Chooses convolutions to run in 16 bits: those whose rounding adds most to the noise of the outputs for what becomes dearer. Noises of
/// layers add up nearly, which makes the greedy choice a good one.
/// </summary>
internal static class PrecisionSearch
{
    /// <summary>Noise over signal of a part of the outputs that is good enough: 40 dB.</summary>
    private const double Enough = 1e-4;

    /// <summary>Noise over signal of a part of the outputs that makes no difference in any use: 60 dB.</summary>
    private const double Clean = 1e-6;

    /// <summary>A layer that adds less than this part of the noise is not worth any cost: 0.01 dB.</summary>
    private const double LeastPart = 0.002;

    /// <param name="layers">Each with what 16 bits cost, and the noise over signal that it alone adds to each part of the outputs.</param>
    /// <param name="enough">Noise over signal of a part of the outputs that is good enough.</param>
    /// <returns>Nodes with the reason, the first chosen first.</returns>
    public static IReadOnlyList<(string Node, string Reason)> Choose(IReadOnlyList<(string Node, long Cost, double[] Noise)> layers, PrecisionBudget budget, double enough = Enough)
    {
        var chosen = new List<(string, string)>();
        var left = layers.ToList();
        long cost = layers.Sum(l => l.Cost);
        long spent = 0;

        // Where not all that is wanted can be had, small gains leave the budget to larger ones.
        double[]? all = left.Count > 0 && cost > budget.Most ? Sum(left) : null;
        while (left.Count > 0)
        {
            // Parts that are good enough do not ask for more; the others count alike, whatever their size.
            double[] noise = Sum(left);
            bool isEnough = noise.All(n => n <= enough);
            int[] open = [.. Enumerable.Range(0, noise.Length).Where(p => noise[p] > (isEnough ? Clean : enough))];
            long free = (isEnough ? budget.Usual : budget.Most) - spent;
            double Part((string Node, long Cost, double[] Noise) l, double[] of) => open.Sum(p => l.Noise[p] / of[p]) / open.Length;
            var worth = open.Length == 0 ? [] : left.Where(l => l.Cost <= free && Part(l, all ?? noise) > LeastPart).ToList();
            if (worth.Count == 0)
            {
                break;
            }

            (string Node, long Cost, double[] Noise) best = worth.MaxBy(l => Part(l, noise) / Math.Max(l.Cost, 1));
            string reason = string.Create(
                CultureInfo.InvariantCulture,
                $"alone {FixedTrial.Decibels(best.Noise):0.0} dB at the outputs, {100 * Part(best, noise):0.0} % of the noise that is left for {100.0 * best.Cost / budget.Whole:0.0} % of {budget.Unit}");
            left.Remove(best);
            spent += best.Cost;
            chosen.Add((best.Node, reason));
        }

        return chosen;
    }

    private static double[] Sum(List<(string Node, long Cost, double[] Noise)> layers)
    {
        var sum = new double[layers[0].Noise.Length];
        foreach ((_, _, double[] noise) in layers)
        {
            for (int p = 0; p < sum.Length; p++)
            {
                sum[p] += noise[p];
            }
        }

        return sum;
    }
}
