namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>Power of the signal of some tensors and of the noise in them, over any number of pictures.</summary>
internal sealed class NoisePower
{
    private (double Signal, double Noise)[] _tensors = [];

    /// <summary>Signal-to-noise ratio in dB of the worst tensor; NaN where nothing was added.</summary>
    public double Sqnr => _tensors.Select(p => 10 * Math.Log10(p.Signal / Math.Max(p.Noise, double.Epsilon))).DefaultIfEmpty(double.NaN).Min();

    /// <param name="exact">Of the float model.</param>
    /// <param name="rounded">Of the fixed one.</param>
    public void Add(IReadOnlyList<float[]> exact, IReadOnlyList<float[]> rounded)
    {
        _tensors = _tensors.Length == 0 ? new (double, double)[exact.Count] : _tensors;
        for (int t = 0; t < exact.Count; t++)
        {
            (double signal, double noise) = _tensors[t];
            for (int i = 0; i < exact[t].Length; i++)
            {
                signal += (double)exact[t][i] * exact[t][i];
                noise += Math.Pow(exact[t][i] - (double)rounded[t][i], 2);
            }

            _tensors[t] = (signal, noise);
        }
    }
}
