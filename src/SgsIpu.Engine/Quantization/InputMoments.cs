using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Quantization.Reconstruction;
using SgsIpu.Engine.Simulation;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Second moments of what layers with constant weights read in the float model, around their means, over the held samples. They say which
/// errors of the weights cancel out at the output and which add up.
/// </summary>
internal sealed class InputMoments
{
    /// <summary>Layers of larger windows are left out: their moments take longer than they are worth.</summary>
    private const int MostSize = 1152;

    /// <summary>Samples whose patches are held at once.</summary>
    private const int Together = 4;

    /// <summary>
    /// How far covariances are drawn towards none (Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices",
    /// 2004): a few samples show many that chance alone made, the fewer the more rows there are for each value.
    /// </summary>
    private const double Shrinkage = 0.2;

    /// <summary>Rows for each value from which on they are drawn less. Those of a sample are alike, so that it takes many.</summary>
    private const int ManyRows = 30;

    private readonly IReadOnlyDictionary<string, LayerInputs> _layers;

    private InputMoments(IReadOnlyDictionary<string, LayerInputs> layers) => _layers = layers;

    /// <summary>Runs the float graph over the held samples.</summary>
    /// <param name="statistics">By tensor; their means are taken off before products are summed, which keeps the digits.</param>
    /// <param name="unobserved">Whether those count that read what is not observed: pixels, and what others only moved.</param>
    public static InputMoments Of(Graph graph, HeldSamples held, IReadOnlyDictionary<string, ActivationStatistics> statistics, CancellationToken cancellationToken, bool unobserved = false)
    {
        var layers = new List<(Node Node, LayerInputs Inputs)>();
        foreach (Node node in graph.Nodes)
        {
            if (LayerGeometry.Of(graph, node) is { GroupSize: > 1 and <= MostSize } geometry && !graph[node.Inputs[0]].IsConstant)
            {
                ActivationStatistics? seen = statistics.GetValueOrDefault(node.Inputs[0]);
                bool hasMeans = seen?.Min.Length == geometry.Channels;
                if (hasMeans || (seen is null && unobserved))
                {
                    layers.Add((node, LayerInputs.Of(geometry, held.Count, Math.Min(Together, held.Count), [.. Enumerable.Range(0, geometry.Channels).Select(c => hasMeans ? (float)seen!.Mean(c) : 0)])));
                }
            }
        }

        ILookup<string, LayerInputs> readers = layers.ToLookup(l => l.Node.Inputs[0], l => l.Inputs, StringComparer.Ordinal);

        // The largest first, so that no thread is left with one in the end.
        LayerInputs[] bySize = [.. layers.Select(l => l.Inputs).OrderByDescending(l => l.Geometry.PatchSize)];
        using var viewer = new FloatViewer(graph, readers.Select(r => r.Key));
        foreach ((int start, ImmutableArray<Tensor>[] batch) in held.All.Chunk(Together).Select((b, i) => (i * Together, b)))
        {
            batch.ForEachParallel(
                (sample, i) => viewer.Run(
                    HeldSamples.Named(graph, sample),
                    (tensor, values, plane) =>
                    {
                        foreach (LayerInputs layer in readers[tensor])
                        {
                            layer.Gather(start + i, i, values, plane);
                        }
                    },
                    cancellationToken),
                cancellationToken);
            bySize.ForEachParallel((layer, _) => layer.Add(batch.Length, cancellationToken), cancellationToken);
        }

        return new InputMoments(layers.ToDictionary(l => l.Node.Name, l => l.Inputs, StringComparer.Ordinal));
    }

    /// <summary>How a node reads its input; null where its moments are not known.</summary>
    public LayerGeometry? Geometry(Node node) => _layers.GetValueOrDefault(node.Name)?.Geometry;

    /// <summary>Means of the values that a group of a node reads, [GroupSize], in the given units.</summary>
    /// <param name="units">Of each input channel; empty for real numbers.</param>
    public double[] Means(Node node, int group, ReadOnlySpan<double> units)
    {
        LayerInputs layer = _layers[node.Name];
        var means = new double[layer.Geometry.GroupSize];
        for (int i = 0; i < means.Length; i++)
        {
            means[i] = layer.Mean(group, i) / (units.IsEmpty ? 1 : units[layer.Geometry.ChannelAt(group, i)]);
        }

        return means;
    }

    /// <summary>Covariance of the values that a group of a node reads, [GroupSize, GroupSize], in squares of the given units.</summary>
    /// <param name="units">Of each input channel; empty for real numbers.</param>
    public float[] Covariance(Node node, int group, ReadOnlySpan<double> units)
    {
        LayerInputs layer = _layers[node.Name];
        int size = layer.Geometry.GroupSize;
        var result = new float[size * size];
        double shrinkage = Shrinkage * Math.Min(1, (double)ManyRows * size / layer.Count);
        var inverse = new double[size];
        for (int i = 0; i < size; i++)
        {
            inverse[i] = units.IsEmpty ? 1 : 1 / units[layer.Geometry.ChannelAt(group, i)];
        }

        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                result[(i * size) + j] = result[(j * size) + i] = (float)(layer.Covariance(group, i, j) * inverse[i] * inverse[j] * (i == j ? 1 : 1 - shrinkage));
            }
        }

        return result;
    }
}
