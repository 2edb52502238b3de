using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Quantization.Reconstruction;
using SgsIpu.Engine.Simulation;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

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
    /// 2004): a few samples show many that chance alone made.
    /// </summary>
    private const double Shrinkage = 0.2;

    private readonly IReadOnlyDictionary<string, Layer> _layers;

    private InputMoments(IReadOnlyDictionary<string, Layer> layers) => _layers = layers;

    /// <summary>Runs the float graph over the held samples.</summary>
    /// <param name="statistics">By tensor; their means are taken off before products are summed, which keeps the digits.</param>
    public static InputMoments Of(Graph graph, HeldSamples held, IReadOnlyDictionary<string, ActivationStatistics> statistics, CancellationToken cancellationToken)
    {
        IReadOnlyList<ImmutableArray<Tensor>> samples = held.All;
        var layers = new List<Layer>();
        foreach (Node node in graph.Nodes)
        {
            if (LayerGeometry.Of(graph, node) is { GroupSize: > 1 and <= MostSize } geometry && statistics.GetValueOrDefault(node.Inputs[0]) is { } seen && seen.Min.Length == geometry.Channels)
            {
                layers.Add(new Layer(node, geometry, new PatchRows(geometry, samples.Count), [.. Enumerable.Range(0, geometry.Channels).Select(c => (float)seen.Mean(c))]));
            }
        }

        ILookup<string, Layer> readers = layers.ToLookup(l => l.Node.Inputs[0], StringComparer.Ordinal);
        using var viewer = new FloatViewer(graph, readers.Select(r => r.Key));
        foreach (ImmutableArray<Tensor>[] batch in samples.Chunk(Together))
        {
            foreach (Layer layer in layers)
            {
                layer.Open(batch.Length);
            }

            int first = layers.Count == 0 ? 0 : layers[0].Samples;
            batch.ForEachParallel(
                (sample, i) => viewer.Run(
                    HeldSamples.Named(graph, sample),
                    (tensor, values, plane) =>
                    {
                        foreach (Layer layer in readers[tensor])
                        {
                            layer.Gather(first + i, i, values, plane);
                        }
                    },
                    cancellationToken),
                cancellationToken);
            layers.ForEachParallel((layer, _) => layer.Add(cancellationToken), cancellationToken);
        }

        return new InputMoments(layers.ToDictionary(l => l.Node.Name, StringComparer.Ordinal));
    }

    /// <summary>How a node reads its input; null where its moments are not known.</summary>
    public LayerGeometry? Geometry(Node node) => _layers.GetValueOrDefault(node.Name)?.Geometry;

    /// <summary>Covariance of the values that a group of a node reads, [GroupSize, GroupSize], in squares of the given units.</summary>
    /// <param name="units">Of each input channel; empty for real numbers.</param>
    public float[] Covariance(Node node, int group, ReadOnlySpan<double> units)
    {
        Layer layer = _layers[node.Name];
        int size = layer.Geometry.GroupSize;
        var result = new float[size * size];
        var inverse = new double[size];
        for (int i = 0; i < size; i++)
        {
            inverse[i] = units.IsEmpty ? 1 : 1 / units[layer.Geometry.ChannelAt(group, i)];
        }

        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                result[(i * size) + j] = result[(j * size) + i] = (float)(layer.Covariance(group, i, j) * inverse[i] * inverse[j] * (i == j ? 1 : 1 - Shrinkage));
            }
        }

        return result;
    }

    private sealed class Layer(Node node, LayerGeometry geometry, PatchRows rows, float[] means)
    {
        /// <summary>One channel a group: sums of products are [tap, tap, channel], so that channels are added along.</summary>
        private readonly bool _byChannel = geometry.Channels == geometry.Groups;
        private readonly float[] _sums = new float[(long)geometry.Groups * geometry.GroupSize * geometry.GroupSize];
        private readonly double[] _values = new double[geometry.PatchSize];
        private float[] _patches = [];

        public Node Node => node;

        public LayerGeometry Geometry => geometry;

        /// <summary>Samples that were added.</summary>
        public int Samples { get; private set; }

        private long Count => (long)Samples * rows.PerSample;

        /// <summary>Makes room for the patches of some samples.</summary>
        public void Open(int samples) => _patches = new float[(long)samples * rows.ValuesPerSample];

        /// <param name="place">Of the sample among those that are held at once.</param>
        /// <param name="plane">Pixels of an image where channels come first; 0 where they come last.</param>
        public void Gather(int sample, int place, ReadOnlySpan<float> values, int plane)
        {
            Span<float> patches = _patches.AsSpan(place * rows.ValuesPerSample, rows.ValuesPerSample);
            rows.Gather(sample, new RealPixels(values, plane), patches);
            for (int at = 0; at < patches.Length; at += means.Length)
            {
                Span<float> pixel = patches.Slice(at, means.Length);
                TensorPrimitives.Subtract<float>(pixel, means, pixel);
            }
        }

        /// <summary>Adds what was gathered.</summary>
        public void Add(CancellationToken cancellationToken)
        {
            int count = _patches.Length / geometry.PatchSize;
            for (int at = 0; at < _patches.Length; at += _values.Length)
            {
                for (int i = 0; i < _values.Length; i++)
                {
                    _values[i] += _patches[at + i];
                }
            }

            if (_byChannel)
            {
                AddChannels(count);
            }
            else
            {
                int size = geometry.GroupSize;
                for (int g = 0; g < geometry.Groups; g++)
                {
                    float[] own = geometry.Groups == 1 ? _patches : geometry.Group(_patches, count, g);
                    float[] products = MatrixProducts.Transposed(own, size, own, size, count, symmetric: true, cancellationToken);
                    Span<float> sums = _sums.AsSpan(g * size * size, size * size);
                    TensorPrimitives.Add(sums, products, sums);
                }
            }

            Samples += count / rows.PerSample;
            _patches = [];
        }

        public double Covariance(int group, int i, int j)
        {
            int size = geometry.GroupSize;
            double sum = _byChannel ? _sums[(((i * size) + j) * geometry.Channels) + group] : _sums[(((group * size) + i) * size) + j];
            return (sum / Count) - (_values[At(group, i)] / Count * (_values[At(group, j)] / Count));
        }

        /// <summary>Place in a patch.</summary>
        private int At(int group, int i)
        {
            int own = geometry.Channels / geometry.Groups;
            return (i / own * geometry.Channels) + (group * own) + (i % own);
        }

        private void AddChannels(int count)
        {
            int taps = geometry.Taps;
            int channels = geometry.Channels;
            for (int r = 0; r < count; r++)
            {
                ReadOnlySpan<float> patch = _patches.AsSpan(r * geometry.PatchSize, geometry.PatchSize);
                for (int i = 0; i < taps; i++)
                {
                    for (int j = 0; j <= i; j++)
                    {
                        Span<float> sums = _sums.AsSpan(((i * taps) + j) * channels, channels);
                        TensorPrimitives.MultiplyAdd(patch.Slice(i * channels, channels), patch.Slice(j * channels, channels), sums, sums);
                    }
                }
            }
        }
    }
}
