using SgsIpu.Core;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>Judges a fixed model by its outputs beside those of the float model.</summary>
internal abstract class Score
{
    private (double Signal, double Noise)[] _power = [];

    /// <summary>Signal-to-noise ratio in dB of the worst of <see cref="JudgedTensors"/>.</summary>
    public double Sqnr => _power.Min(p => 10 * Math.Log10(p.Signal / Math.Max(p.Noise, double.Epsilon)));

    /// <param name="exact">What noise is counted of, of the float model.</param>
    /// <param name="rounded">The same of the fixed one.</param>
    public void Add(string image, IReadOnlyDictionary<string, Tensor> real, IReadOnlyDictionary<string, Tensor> integers, IReadOnlyList<float[]> exact, IReadOnlyList<float[]> rounded)
    {
        _power = _power.Length == 0 ? new (double, double)[exact.Count] : _power;
        for (int t = 0; t < exact.Count; t++)
        {
            (double signal, double noise) = _power[t];
            for (int i = 0; i < exact[t].Length; i++)
            {
                signal += (double)exact[t][i] * exact[t][i];
                noise += Math.Pow(exact[t][i] - (double)rounded[t][i], 2);
            }

            _power[t] = (signal, noise);
        }

        Judge(image, real, integers);
    }

    /// <summary>The measures, each with the target where there is one.</summary>
    public abstract IEnumerable<Measure> Measures { get; }

    protected abstract void Judge(string image, IReadOnlyDictionary<string, Tensor> real, IReadOnlyDictionary<string, Tensor> integers);
}
