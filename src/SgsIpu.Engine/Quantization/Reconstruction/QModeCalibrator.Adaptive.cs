using System.Globalization;
using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization.Reconstruction;

internal sealed partial class QModeCalibrator
{
    /// <summary>Shares of level 5's multiply-accumulates at 16 bits are told apart in steps of one of so many.</summary>
    private const int Shares = 1024;

    /// <summary>
    /// So much less noise (natural logarithm, 0.4 dB) counts where few samples make most of the noise, whose standard error tells nothing. Chosen
    /// between a plan that holds for a text recognizer and one that does not for a classifier.
    /// </summary>
    private const double Clear = 0.1;

    /// <summary>Choices that are measured at most.</summary>
    private const int Tries = 6;

    /// <summary>
    /// What level 5 makes where it takes more time, rebuilt. What that gains pays for fewer multiply-accumulates at 16 bits, after which all is rebuilt anew; the
    /// outputs stay no worse than those of level 5, by more than the choice of the samples explains.
    /// </summary>
    private IpuModel Adaptive(Outcome outcome, CancellationToken cancellationToken)
    {
        QuantizedModel plain = LevelFive(cancellationToken);
        if (!Rebuilds)
        {
            return Finish(plain.Model, Noted(plain, outcome));
        }

        Built five = LeftAlone(plain, null, cancellationToken);
        Built thorough = LeftAlone(Quantize(null, CalibrationLevel.L5, cancellationToken), null, cancellationToken);
        outcome.Steps.Add(string.Create(CultureInfo.InvariantCulture, $"level 5 by itself: {five.Noise.Decibels:0.0} dB on samples held back; in more time: {thorough.Noise.Decibels:0.0} dB"));
        if (thorough.Noise.IsNoWorseThan(five.Noise))
        {
            Built end = Spared(thorough, five.Noise, outcome, cancellationToken);
            if (WideMacs(end) < WideMacs(five))
            {
                return Finish(end, Noted(thorough.Model, outcome));
            }
        }

        return Finish(Spared(five, five.Noise, outcome, cancellationToken), Noted(plain, outcome));
    }

    /// <summary>A model rebuilt, with as few multiply-accumulates at 16 bits as a limit allows.</summary>
    private Built Spared(Built start, WholeNoise limit, Outcome outcome, CancellationToken cancellationToken)
    {
        Built rebuilt = Rebuilt(start, outcome, cancellationToken);
        Built? narrower = Narrowed(rebuilt, limit, outcome, cancellationToken) ?? Demoted(rebuilt, limit, outcome, cancellationToken);
        return narrower is null ? rebuilt : Rebuilt(narrower, outcome, cancellationToken);
    }

    private static Outcome Noted(QuantizedModel model, Outcome outcome)
    {
        foreach ((string node, double[] noise) in model.Sensitivity)
        {
            outcome.Sensitivity[node] = noise.Average();
        }

        return outcome;
    }

    private double WideMacs(Built built)
    {
        var wide = built.Model.Chosen.ToHashSet(StringComparer.Ordinal);
        return _weighted.Where(n => wide.Contains(n.Name)).Sum(MacsOf);
    }

    /// <summary>
    /// The model with the fewest multiply-accumulates at 16 bits that is surely no worse than a limit. Noises of layers nearly add up, which
    /// tells the choices that are worth measuring; the line through what was measured on both sides of the limit (regula falsi) tells the next.
    /// </summary>
    /// <param name="start">Layers that stay as they are keep what was rebuilt.</param>
    /// <returns>Null where nothing can be spared.</returns>
    private Built? Narrowed(Built start, WholeNoise limit, Outcome outcome, CancellationToken cancellationToken)
    {
        Built? best = null;
        var choices = new WidthChoice(start.Noise, [.. _weighted.Where(n => start.Model.Sensitivity.ContainsKey(n.Name)).Select(n => Candidate(start.Model, n))], parts => Reconstructor(cancellationToken).Whole(parts));
        (double Foreseen, double Measured) from = (start.Noise.MeanRise(limit), Measured(start.Noise, limit));
        (double Foreseen, double Measured)? bad = null;
        (int least, int most) = (0, Shares);
        for (int i = 0; i < Tries; i++)
        {
            double slope = bad is { } b ? (b.Foreseen - from.Foreseen) / (b.Measured - from.Measured) : 1;
            int? enough = choices.Least(least, most, Shares, limit, from.Foreseen - (slope * from.Measured));
            if (enough is null && i > 0)
            {
                break;
            }

            // What cannot be foreseen may do all the same: of those that spare anything, the one with the least noise, and no other.
            int share = enough ?? Shares - 1;
            (Dictionary<string, DataType> wide, double foreseen) = choices.Of((double)share / Shares, limit);
            Built tried = LeftAlone(start.Model.WithTypes(wide), start, cancellationToken);
            double measured = Measured(tried.Noise, limit);
            outcome.Steps.Add(string.Create(CultureInfo.InvariantCulture, $"{wide.Count} convolutions in 16 bits, {100.0 * share / Shares:0.0} % of the multiply-accumulates that were: {tried.Noise.Decibels:0.0} dB{(measured <= 0 ? "" : ", left alone")}"));
            if (measured <= 0)
            {
                (best, most, from) = (tried, share, (foreseen, measured));
            }
            else
            {
                (least, bad) = (share + 1, (foreseen, measured));
            }

            Garbage.Sweep();
            if (enough is null)
            {
                break;
            }
        }

        return best;
    }

    /// <summary>
    /// The model with single layers taken back to 8 bits, those first that save most for the noise that they are foreseen to add. The others stay
    /// as they were rebuilt, which a choice anew does not leave them.
    /// </summary>
    /// <returns>Null where nothing can be spared.</returns>
    private Built? Demoted(Built start, WholeNoise limit, Outcome outcome, CancellationToken cancellationToken)
    {
        Built? best = null;
        Dictionary<string, DataType> wide = start.Model.Chosen.ToDictionary(n => n, _ => DataType.Int16, StringComparer.Ordinal);
        IEnumerable<(Node Node, double Rise)> layers = _weighted.Where(n => wide.ContainsKey(n.Name) && start.Model.Sensitivity.ContainsKey(n.Name))
            .Select(n => (n, start.Noise.Rise(Reconstructor(cancellationToken).Whole(start.Model.Sensitivity[n.Name]))));
        foreach ((Node node, _) in layers.OrderByDescending(l => MacsOf(l.Node) / Math.Max(l.Rise, double.Epsilon)).Take(Tries).ToArray())
        {
            DataType type = wide[node.Name];
            wide.Remove(node.Name);
            Built tried = LeftAlone(start.Model.WithTypes(wide), start, cancellationToken);
            bool good = Measured(tried.Noise, limit) <= 0;
            outcome.Steps.Add(string.Create(CultureInfo.InvariantCulture, $"8 bits again for '{node.Name}': {tried.Noise.Decibels:0.0} dB{(good ? "" : ", left alone")}"));
            if (good)
            {
                best = tried;
            }
            else
            {
                wide[node.Name] = type;
            }

            Garbage.Sweep();
        }

        return best;
    }

    /// <summary>How far a noise is above a limit, not surely below it: not above 0 where it is below by a standard error, or clearly.</summary>
    private static double Measured(WholeNoise noise, WholeNoise limit) => Math.Min(noise.Rise(limit, 1), noise.Rise(limit, 0) + Clear);

    private WidthCandidate Candidate(QuantizedModel model, Node node) => new(node.Name, MacsOf(node), model.Sensitivity[node.Name], model.Chosen.Contains(node.Name));
}
