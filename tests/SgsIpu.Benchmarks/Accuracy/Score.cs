using SgsIpu.Core;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>Judges a fixed model by its outputs beside those of the float model.</summary>
internal abstract class Score
{
    private readonly Dictionary<string, (double Signal, double Noise)> _power = new(StringComparer.Ordinal);

    /// <summary>Signal-to-noise ratio in dB of the worst output.</summary>
    public double Sqnr => _power.Values.Min(p => 10 * Math.Log10(p.Signal / Math.Max(p.Noise, double.Epsilon)));

    public void Add(string image, IReadOnlyDictionary<string, Tensor> real, IReadOnlyDictionary<string, Tensor> integers)
    {
        foreach ((string output, Tensor value) in real)
        {
            (double signal, double noise) = _power.GetValueOrDefault(output);
            float[] exact = value.ToFloats();
            float[] rounded = integers[output].ToFloats();
            for (int i = 0; i < exact.Length; i++)
            {
                signal += (double)exact[i] * exact[i];
                noise += Math.Pow(exact[i] - (double)rounded[i], 2);
            }

            _power[output] = (signal, noise);
        }

        Judge(image, real, integers);
    }

    /// <summary>The measures, each with the target where there is one.</summary>
    public abstract IEnumerable<Measure> Measures { get; }

    protected abstract void Judge(string image, IReadOnlyDictionary<string, Tensor> real, IReadOnlyDictionary<string, Tensor> integers);
}
