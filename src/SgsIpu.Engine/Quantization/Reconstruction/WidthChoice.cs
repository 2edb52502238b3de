using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>
/// Chooses the layers to run at 16 bits for a share of some multiply-accumulates. Noises of layers nearly add up; their parts
/// count by how much they raise the noise that is there.
/// </summary>
/// <param name="noise">Of the model that is there, on the samples that verify.</param>
/// <param name="layers">In the order of the graph.</param>
/// <param name="macs">What shares are of.</param>
/// <param name="whole">Makes the whole of noises over signal of the parts of the outputs.</param>
internal sealed class WidthChoice(WholeNoise noise, WidthCandidate[] layers, double macs, Func<double[], WholeNoise> whole)
{
    private readonly double[] _gains = [.. layers.Select(l => noise.Rise(whole(l.Noise)))];
    private readonly double[] _macs = [.. layers.Select(l => l.Macs)];

    /// <summary>The layers at 16 bits, and the rise of the noise over a limit that can be foreseen; see <see cref="WholeNoise.Rise(WholeNoise, double)"/>.</summary>
    public (Dictionary<string, DataType> Wide, double Rise) Of(double share, WholeNoise limit)
    {
        bool[] wide = BitAllocation.Choose(_gains, _macs, share * macs);
        double[] expected = [.. noise.Parts];
        for (int l = 0; l < layers.Length; l++)
        {
            for (int p = 0; p < expected.Length && wide[l] != layers[l].IsWide; p++)
            {
                expected[p] += wide[l] ? -layers[l].Noise[p] : layers[l].Noise[p];
            }
        }

        // What is left of a difference of large numbers is not known so well.
        WholeNoise foreseen = whole([.. expected.Zip(noise.Parts, (e, n) => Math.Max(e, n / 2))]);
        return (layers.Where((_, l) => wide[l]).ToDictionary(l => l.Node, _ => DataType.Int16, StringComparer.Ordinal), foreseen.MeanRise(limit));
    }

    /// <summary>The least of the shares from <paramref name="low"/> on and below <paramref name="high"/> for which no larger rise is foreseen than is allowed; null for none.</summary>
    /// <param name="steps">Shares are parts of it.</param>
    public int? Least(int low, int high, int steps, WholeNoise limit, double allowed)
    {
        int end = high;
        while (low < high && layers.Length > 0)
        {
            int middle = (low + high) / 2;
            (low, high) = Of((double)middle / steps, limit).Rise <= allowed ? (low, middle) : (middle + 1, high);
        }

        return high < end && layers.Length > 0 ? high : null;
    }
}
