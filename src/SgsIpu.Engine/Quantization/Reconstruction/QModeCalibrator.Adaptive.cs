using System.Collections.Frozen;
using System.Globalization;
using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization.Reconstruction;

internal sealed partial class QModeCalibrator
{
    /// <summary>Shares of level 5's multiply-accumulates at 16 bits are told apart in steps of one of so many.</summary>
    private const int Shares = 1024;

    /// <summary>So far above a limit of noise (natural logarithm, 1.3 dB), rebuilding may lead below it.</summary>
    private const double Rebuildable = 0.3;

    /// <summary>Choices that are measured at most.</summary>
    private const int Tries = 6;

    /// <summary>
    /// What level 5 makes where it takes more time, rebuilt. Half of what that gains pays for fewer multiply-accumulates at 16 bits, after which all is
    /// rebuilt anew; the outputs stay better than those of level 5, by more than the choice of the samples explains. Where that spares nothing, what level 5
    /// makes by itself, rebuilt.
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
        if (!thorough.Noise.IsNoWorseThan(five.Noise))
        {
            thorough = LeftAlone(thorough.Model.WithTypes(Wide(five)), null, cancellationToken);
            outcome.Steps.Add(string.Create(CultureInfo.InvariantCulture, $"the same layers in 16 bits as in level 5 by itself: {thorough.Noise.Decibels:0.0} dB"));
        }

        if (Spared(Rebuilt(thorough, outcome, cancellationToken), five, outcome, cancellationToken) is { } end)
        {
            return Finish(end, Noted(thorough.Model, outcome));
        }

        Built rebuilt = Rebuilt(five, outcome, cancellationToken);
        return Finish(Spared(rebuilt, five, outcome, cancellationToken) ?? rebuilt, Noted(plain, outcome));
    }

    /// <summary>A model with fewer multiply-accumulates at 16 bits than level 5 has, and less noise; null where that cannot be.</summary>
    private Built? Spared(Built rebuilt, Built five, Outcome outcome, CancellationToken cancellationToken)
    {
        var limit = new NoiseLimit(five.Noise, rebuilt.Noise);
        Built? spared = Narrowed(rebuilt, limit, WideMacs(five), outcome, cancellationToken) is { } narrowed
            ? Rebuilt(narrowed, outcome, cancellationToken)
            : Demoted(rebuilt, limit, outcome, cancellationToken);
        if (spared is not null && WideMacs(spared) < WideMacs(five))
        {
            return spared;
        }

        return limit.Excess(rebuilt.Noise) <= 0 && WideMacs(rebuilt) < WideMacs(five) ? rebuilt : Traded(rebuilt, limit, outcome, cancellationToken);
    }

    private static Outcome Noted(QuantizedModel model, Outcome outcome)
    {
        foreach ((string node, double[] noise) in model.Sensitivity)
        {
            outcome.Sensitivity[node] = noise.Average();
        }

        return outcome;
    }

    /// <summary>The layers that run at 16 bits.</summary>
    private static Dictionary<string, DataType> Wide(Built built) => built.Model.Chosen.ToDictionary(n => n, _ => DataType.Int16, StringComparer.Ordinal);

    private double WideMacs(Built built)
    {
        Dictionary<string, DataType> wide = Wide(built);
        return _weighted.Where(n => wide.ContainsKey(n.Name)).Sum(MacsOf);
    }

    /// <summary>
    /// The model with the fewest multiply-accumulates at 16 bits that keeps to a limit. Noises of layers nearly add up, which
    /// tells the choices that are worth measuring; the line through what was measured on both sides of the limit (regula falsi) tells the next.
    /// </summary>
    /// <param name="start">Layers that stay as they are keep what was rebuilt.</param>
    /// <param name="macs">Multiply-accumulates at 16 bits that the model has fewer of.</param>
    /// <returns>Null where nothing can be spared.</returns>
    private Built? Narrowed(Built start, NoiseLimit limit, double macs, Outcome outcome, CancellationToken cancellationToken)
    {
        Built? best = null;
        var choices = new WidthChoice(start.Noise, [.. _weighted.Where(n => start.Model.Sensitivity.ContainsKey(n.Name)).Select(n => Candidate(start.Model, n))], macs, parts => Reconstructor(cancellationToken).Whole(parts));
        (double Foreseen, double Measured) from = (start.Noise.MeanRise(limit.Noise), limit.Excess(start.Noise));
        (double Foreseen, double Measured)? bad = null;
        (int least, int most) = (0, Shares);
        for (int i = 0; i < Tries; i++)
        {
            double slope = bad is { } b ? (b.Foreseen - from.Foreseen) / (b.Measured - from.Measured) : 1;
            int? enough = choices.Least(least, most, Shares, limit.Noise, from.Foreseen - (slope * from.Measured));
            if (enough is null && i > 0)
            {
                break;
            }

            // What cannot be foreseen may do all the same: of those that spare anything, the one with the least noise, and no other.
            int share = enough ?? Shares - 1;
            (Dictionary<string, DataType> wide, double foreseen) = choices.Of((double)share / Shares, limit.Noise);
            Built tried = LeftAlone(start.Model.WithTypes(wide), start, cancellationToken);
            double measured = limit.Excess(tried.Noise);
            Tell(outcome, string.Create(CultureInfo.InvariantCulture, $"{wide.Count} convolutions in 16 bits, {100.0 * share / Shares:0.0} % of level 5's multiply-accumulates there"), tried, measured <= 0);
            if (measured <= 0)
            {
                bad ??= from.Measured > 0 ? from : null;
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
    /// The model with single layers taken back to 8 bits: the largest first whose noise is foreseen to fit, then those that save most for the noise that
    /// they add. The others stay as they were rebuilt, which a choice anew does not leave them; in the end all is rebuilt. Where none keeps to the limit, the one
    /// that is closest is judged rebuilt.
    /// </summary>
    /// <returns>Rebuilt; null where nothing can be spared.</returns>
    private Built? Demoted(Built start, NoiseLimit limit, Outcome outcome, CancellationToken cancellationToken)
    {
        double room = -limit.Excess(start.Noise);
        if (room < 0)
        {
            return null;
        }

        Built? best = null;
        (string? Node, double Excess) closest = (null, Rebuildable);
        Dictionary<string, DataType> wide = Wide(start);
        IEnumerable<(Node Node, double Rise)> layers = _weighted.Where(n => wide.ContainsKey(n.Name) && start.Model.Sensitivity.ContainsKey(n.Name))
            .Select(n => (n, start.Noise.Rise(Reconstructor(cancellationToken).Whole(start.Model.Sensitivity[n.Name]))));
        IEnumerable<(Node Node, double Rise)> order = layers
            .OrderByDescending(l => Math.Log(1 + (l.Rise / 2)) <= room ? MacsOf(l.Node) : 0)
            .ThenByDescending(l => MacsOf(l.Node) / Math.Max(l.Rise, double.Epsilon));
        foreach ((Node node, _) in order.Take(Tries).ToArray())
        {
            DataType type = wide[node.Name];
            wide.Remove(node.Name);
            Built tried = LeftAlone(start.Model.WithTypes(wide), start, cancellationToken);
            double excess = limit.Excess(tried.Noise);
            Tell(outcome, $"8 bits again for '{node.Name}'", tried, excess <= 0);
            if (excess <= 0)
            {
                best = tried;
            }
            else
            {
                wide[node.Name] = type;
                closest = excess < closest.Excess ? (node.Name, excess) : closest;
            }

            Garbage.Sweep();
        }

        if (best is not null)
        {
            return Rebuilt(best, outcome, cancellationToken);
        }

        if (closest.Node is null)
        {
            return null;
        }

        wide.Remove(closest.Node);
        Built rebuilt = Rebuild(start.Model.WithTypes(wide), FrozenSet<string>.Empty, cancellationToken);
        bool good = limit.Excess(rebuilt.Noise) <= 0;
        Tell(outcome, $"8 bits again for '{closest.Node}', layers rebuilt", rebuilt, good);
        return good ? rebuilt : null;
    }

    /// <summary>
    /// The model with a layer taken back to 8 bits for others that take fewer multiply-accumulates together. What is close to the limit is rebuilt before
    /// it is judged.
    /// </summary>
    /// <returns>Null where no trade keeps to the limit.</returns>
    private Built? Traded(Built start, NoiseLimit limit, Outcome outcome, CancellationToken cancellationToken)
    {
        Dictionary<string, DataType> wide = Wide(start);
        ILookup<bool, Node> layers = _weighted.Where(n => start.Model.Sensitivity.ContainsKey(n.Name)).ToLookup(n => wide.ContainsKey(n.Name));
        Node[] narrow = [.. layers[false].OrderByDescending(n => start.Noise.Rise(Reconstructor(cancellationToken).Whole(start.Model.Sensitivity[n.Name])) / MacsOf(n))];
        foreach (Node node in layers[true].OrderByDescending(MacsOf).Take(Tries))
        {
            Dictionary<string, DataType> types = wide.Where(w => w.Key != node.Name).ToDictionary(StringComparer.Ordinal);
            double room = MacsOf(node);
            foreach (Node other in narrow)
            {
                if (MacsOf(other) < room)
                {
                    types[other.Name] = DataType.Int16;
                    room -= MacsOf(other);
                }
            }

            if (types.Count < wide.Count)
            {
                continue;
            }

            Built tried = LeftAlone(start.Model.WithTypes(types), start, cancellationToken);
            tried = limit.Excess(tried.Noise) < Rebuildable ? Rebuild(tried.Model, FrozenSet<string>.Empty, cancellationToken) : tried;
            bool good = limit.Excess(tried.Noise) <= 0;
            Tell(outcome, $"8 bits for '{node.Name}', 16 for '{string.Join("', '", types.Keys.Except(wide.Keys))}'", tried, good);
            if (good)
            {
                return tried;
            }

            Garbage.Sweep();
        }

        return null;
    }

    /// <summary>Notes what was tried and what came of it.</summary>
    private static void Tell(Outcome outcome, string what, Built tried, bool good) =>
        outcome.Steps.Add(string.Create(CultureInfo.InvariantCulture, $"{what}: {tried.Noise.Decibels:0.0} dB{(good ? "" : ", left alone")}"));

    private WidthCandidate Candidate(QuantizedModel model, Node node) => new(node.Name, MacsOf(node), model.Sensitivity[node.Name], model.Chosen.Contains(node.Name));
}
