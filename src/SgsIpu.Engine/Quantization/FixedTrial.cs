using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Simulation;

namespace SgsIpu.Engine.Quantization;

/// <summary>Measures fixed graphs on the held samples against the float one.</summary>
internal sealed class FixedTrial
{
    private readonly Graph _graph;
    private readonly string[] _outputs;
    private readonly IReadOnlyList<ImmutableArray<Tensor>> _samples;
    private readonly IReadOnlyDictionary<string, Tensor>[] _real;
    private readonly double[] _signal;

    public FixedTrial(Graph graph, HeldSamples held, CancellationToken cancellationToken)
        : this(graph, held.Samples, cancellationToken)
    {
    }

    /// <param name="graph">The float graph.</param>
    /// <param name="samples">Inputs of the graph, of each sample.</param>
    public FixedTrial(Graph graph, IReadOnlyList<ImmutableArray<Tensor>> samples, CancellationToken cancellationToken)
    {
        _graph = graph;
        _outputs = [.. graph.Outputs.Distinct().Where(o => graph[o].Type == DataType.Float32)];
        _samples = samples;
        _real = new IReadOnlyDictionary<string, Tensor>[_samples.Count];
        using var runner = new FloatRunner(graph);
        _samples.ForEachParallel((sample, i) => _real[i] = runner.Run(HeldSamples.Named(graph, sample), cancellationToken), cancellationToken);
        _signal = [.. _outputs.Select(o => _real.Sum(r => Power(r[o].As<float>())))];
    }

    /// <summary>True where there is nothing to measure on.</summary>
    public bool IsEmpty => _samples.Count == 0 || _outputs.Length == 0;

    /// <summary>Noise over signal of each output.</summary>
    /// <param name="integers">A fixed graph with the float graph's own inputs and outputs.</param>
    public double[] Noise(Graph integers, CancellationToken cancellationToken)
    {
        using FixedRunner runner = FixedRunner.OfFixed(integers);
        var noise = new double[_samples.Count][];
        _samples.ForEachParallel((sample, i) => noise[i] = NoiseOf(_real[i], runner.Run(HeldSamples.Named(_graph, sample), cancellationToken)), cancellationToken);
        return Relative(noise, _signal);
    }

    /// <summary>Signal-to-noise ratio in dB of noises over signals, all outputs alike.</summary>
    public static double Decibels(IReadOnlyCollection<double> noise) => noise.Count == 0 ? double.NaN : -10 * Math.Log10(Math.Max(noise.Average(), 1e-12));

    /// <summary>Squared distance of each output of a sample to the float one.</summary>
    public double[] NoiseOf(int sample, IReadOnlyDictionary<string, Tensor> outputs) => NoiseOf(_real[sample], outputs);

    /// <summary>Noise over signal of the outputs, where only some of the samples were run.</summary>
    public double[] Relative(IReadOnlyList<double[]> noise) =>
        Relative(noise, [.. _outputs.Select(o => Enumerable.Range(0, noise.Count).Sum(i => Power(_real[i][o].As<float>())))]);

    private static double[] Relative(IReadOnlyList<double[]> noise, double[] signal) =>
        [.. signal.Select((s, o) => noise.Sum(n => n[o]) / Math.Max(s, double.Epsilon))];

    private static double Power(ReadOnlySpan<float> values)
    {
        double power = 0;
        foreach (float v in values)
        {
            power += (double)v * v;
        }

        return power;
    }

    /// <summary>Outputs that the others do not hold count as exact.</summary>
    private double[] NoiseOf(IReadOnlyDictionary<string, Tensor> real, IReadOnlyDictionary<string, Tensor> other)
    {
        var noise = new double[_outputs.Length];
        for (int o = 0; o < noise.Length; o++)
        {
            if (!other.TryGetValue(_outputs[o], out Tensor? value))
            {
                continue;
            }

            ReadOnlySpan<float> x = real[_outputs[o]].As<float>();
            ReadOnlySpan<float> y = value.As<float>();
            for (int i = 0; i < x.Length; i++)
            {
                double difference = x[i] - y[i];
                noise[o] += difference * difference;
            }
        }

        return noise;
    }
}
