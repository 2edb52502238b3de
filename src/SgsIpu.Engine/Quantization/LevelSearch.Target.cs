using System.Globalization;
using Tried = (SgsIpu.Engine.Quantization.QuantizationVariant Variant, double[] Noise);

namespace SgsIpu.Engine.Quantization;

internal sealed partial class LevelSearch
{
    /// <summary>Choices that are measured to meet a target.</summary>
    private const int TargetTries = 6;

    /// <summary>So many dB above the target need no cheaper choice.</summary>
    private const double CloseToTarget = 0.25;

    /// <summary>Until both sides of the target are known, a choice is for at least so many dB more or less than the last.</summary>
    private const double LeastDecibels = 1;

    /// <summary>The next choice is at least this part of the way from the last on either side of the target.</summary>
    private const double LeastStep = 0.1;

    /// <summary>
    /// Gives as few convolutions 16 bits as the outputs need to be as good as is asked. What the layers add alone tells a choice for any noise; what choices
    /// measure tells the noise to choose for next, on the line through those on both sides of the target (regula falsi).
    /// </summary>
    /// <param name="target">Signal-to-noise ratio in dB.</param>
    private void TryTarget(FixedTrial trial, ref Tried best, double target)
    {
        QuantizationVariant narrow = best.Variant;
        if (FixedTrial.Decibels(best.Noise) >= target)
        {
            _steps.Add($"{Asked(target)} need no convolution in 16 bits");
            return;
        }

        BudgetedCosts? budget = Limited(narrow);
        (string Node, long Macs, double[] Noise)[] layers = Measured(trial, narrow);
        (Tried Tried, IReadOnlyList<(string Node, string Reason)> Choice, long Macs, double Decibels) closest = (best, [], 0, FixedTrial.Decibels(best.Noise));
        (double Wanted, double Decibels)? below = null;
        (double Wanted, double Decibels)? above = null;
        double wanted = target;
        var tried = new HashSet<int>();
        for (int i = 0; i < TargetTries; i++)
        {
            IReadOnlyList<(string Node, string Reason)> choice = Choose(narrow.Plan, budget, trial.Parts.AreByPosition, layers, Math.Pow(10, -wanted / 10));
            QuantizationVariant variant = FittedLike(narrow, WithinBudget(budget, Variant(narrow.Level, TypesOf(choice)), narrow.Level));
            double[] noise = Noise(trial, variant);
            double decibels = FixedTrial.Decibels(noise);
            long macs = layers.Where(l => variant.Chosen.ContainsKey(l.Node)).Sum(l => l.Macs);
            bool reaches = decibels >= target;
            if (reaches ? closest.Decibels < target || macs < closest.Macs : decibels > closest.Decibels)
            {
                closest = ((variant, noise), choice, macs, decibels);
            }

            _steps.Add($"{variant.Chosen.Count} convolutions in 16 bits: {Db(noise)}, {Asked(target)}");
            bool isKnown = !tried.Add(choice.Count) && below is not null && above is not null;
            if ((reaches && decibels < target + CloseToTarget) || (!reaches && choice.Count == layers.Length) || isKnown)
            {
                break;
            }

            above = reaches ? (wanted, decibels) : above;
            below = reaches ? below : (wanted, decibels);
            wanted = below is { } b && above is { } a
                ? b.Wanted + ((a.Wanted - b.Wanted) * Math.Clamp((target + (CloseToTarget / 2) - b.Decibels) / (a.Decibels - b.Decibels), LeastStep, 1 - LeastStep))
                : wanted + (reaches ? Math.Min(target - decibels, -LeastDecibels) : Math.Max(target - decibels, LeastDecibels));
        }

        Told([.. closest.Choice.Where(c => closest.Tried.Variant.Chosen.ContainsKey(c.Node))]);
        best = closest.Tried;
    }

    private static string Asked(double target) => string.Create(CultureInfo.InvariantCulture, $"the {target:0.0} dB that are asked for");
}
