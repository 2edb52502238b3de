using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Quantization.Reconstruction;
using SgsIpu.Engine.Simulation;

namespace SgsIpu.Engine.Quantization;

/// <summary>Measures fixed graphs on some samples against the float one.</summary>
internal sealed class FixedTrial
{
    /// <summary>Noise over signal that counts as none: 120 dB.</summary>
    private const double NoNoise = 1e-12;

    private readonly Graph _graph;
    private readonly IReadOnlyList<ImmutableArray<Tensor>> _samples;
    private readonly IReadOnlyDictionary<string, Tensor>[] _real;
    private readonly double[] _signal;

    /// <param name="graph">The float graph.</param>
    /// <param name="samples">Inputs of the graph, of each sample.</param>
    public FixedTrial(Graph graph, IReadOnlyList<ImmutableArray<Tensor>> samples, CancellationToken cancellationToken)
    {
        _graph = graph;
        Parts = new OutputParts(graph);
        _samples = samples;
        _real = new IReadOnlyDictionary<string, Tensor>[_samples.Count];
        using var runner = new FloatRunner(graph);
        _samples.ForEachParallel((sample, i) => _real[i] = runner.Run(HeldSamples.Named(graph, sample), cancellationToken), cancellationToken);
        _signal = _samples.Count == 0 ? [] : Parts.Signal(_real);
    }

    /// <summary>What noise is counted for.</summary>
    public OutputParts Parts { get; }

    /// <summary>True where there is nothing to measure on.</summary>
    public bool IsEmpty => _samples.Count == 0 || Parts.Count == 0;

    /// <summary>Noise over signal of each part of the outputs.</summary>
    /// <param name="integers">A fixed graph with the float graph's own inputs and outputs.</param>
    public double[] Noise(Graph integers, CancellationToken cancellationToken)
    {
        var inputs = new FixedInputs(_graph, integers);
        using FixedRunner runner = FixedRunner.OfFixed(inputs.Behind(integers));
        var noise = new double[_samples.Count][];
        _samples.ForEachParallel(
            (sample, i) => noise[i] = NoiseOf(i, runner.Run(inputs.Of(sample).ToDictionary(p => p.Tensor, p => p.Value, StringComparer.Ordinal), cancellationToken)),
            cancellationToken);
        return Relative(noise);
    }

    /// <summary>Signal-to-noise ratio in dB, the mean over all parts, so that none counts for more because it is larger.</summary>
    /// <param name="noise">Noise over signal of each part.</param>
    public static double Decibels(IReadOnlyCollection<double> noise) => noise.Count == 0 ? double.NaN : noise.Average(n => -10 * Math.Log10(Math.Max(n, NoNoise)));

    /// <summary>Squared distance of each part of a sample's outputs to the float ones.</summary>
    public double[] NoiseOf(int sample, IReadOnlyDictionary<string, Tensor> outputs) => Parts.Distance(_real[sample], outputs);

    /// <summary>Noise over signal of each output, all its parts together.</summary>
    /// <param name="noise">Noise over signal of each part.</param>
    public double[] ByOutput(IReadOnlyList<double> noise) => [.. Parts.ByOutput([.. noise.Select((n, p) => n * _signal[p])]).Zip(Parts.ByOutput(_signal), (n, s) => n / Math.Max(s, double.Epsilon))];

    /// <summary>Noise over signal of each part, of the samples that were run.</summary>
    public double[] Relative(IReadOnlyList<double[]> noise) =>
        [.. _signal.Select((signal, p) => noise.Average(n => n[p]) / Math.Max(signal, double.Epsilon))];
}
