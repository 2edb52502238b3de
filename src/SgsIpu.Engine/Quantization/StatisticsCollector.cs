using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;
using SgsIpu.Core;
using SgsIpu.Engine.Passes;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Runs a float graph over samples and gathers what is seen of some of its tensors. Samples run in parallel and stream: memory does not
/// depend on their number, the result not on their order. Large graphs run stretch by stretch. To save memory, one sample runs at a time, and of
/// a large graph one stretch over several samples, so that ONNX Runtime never holds its form of more than one; the sessions are the same, and so
/// is the result.
/// </summary>
internal sealed class StatisticsCollector : IDisposable
{
    /// <summary>Bytes of the constants of a graph that is cut into stretches.</summary>
    private const long LargeBytes = 64L << 20;

    /// <summary>Of the constants of a stretch, about: while it makes a session, ONNX Runtime holds those of convolutions several times.</summary>
    private const long StretchBytes = 16L << 20;

    private const int LeastStretches = 4;

    /// <summary>Bytes between two stretches of the samples that run together.</summary>
    private const long BatchBytes = 24L << 20;

    private readonly Graph _graph;
    private readonly bool _lean;
    private readonly string[] _inputs;
    private readonly List<Part> _parts = [];
    private readonly ConcurrentBag<OnnxBuffers> _buffers = [];
    private readonly Dictionary<string, ActivationStatistics> _statistics;

    /// <param name="observed">Inputs and computed tensors of the graph.</param>
    /// <param name="lean">True saves memory.</param>
    /// <param name="byChannel">Those of them whose channels have histograms of their own.</param>
    /// <param name="largeBytes">Bytes of the constants of a graph that is cut into stretches.</param>
    public StatisticsCollector(Graph graph, IReadOnlyList<string> observed, IReadOnlySet<string>? byChannel = null, bool lean = false, long largeBytes = LargeBytes)
    {
        _lean = lean;
        _graph = graph;
        Held = new HeldSamples(graph.Inputs.Sum(i => graph[i].ByteCount));
        _inputs = [.. observed.Where(graph.Inputs.Contains)];
        _statistics = observed.ToDictionary(t => t, t => NewStatistics(graph[t], byChannel?.Contains(t) == true), StringComparer.Ordinal);
        long constants = graph.Tensors.Values.Where(t => t.IsConstant).Sum(t => t.ByteCount);
        AddParts([.. observed.Except(_inputs)], constants < largeBytes ? 1 : (int)Math.Max(LeastStretches, constants / StretchBytes));
        FreeMemory();
        if (!lean || _parts.Count == 1)
        {
            _parts.ForEach(p => p.Stretch.Open());
        }
    }

    /// <summary>Samples kept to measure on.</summary>
    public HeldSamples Held { get; }

    /// <summary>Observes every sample and returns the statistics by tensor.</summary>
    /// <param name="parallel">Samples in flight at once, where memory is not saved.</param>
    public IReadOnlyDictionary<string, ActivationStatistics> Collect(ISampleSource samples, int parallel, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        int done = 0;
        if (_lean && _parts.Count > 1)
        {
            foreach (int[] batch in Enumerable.Range(0, samples.Count).Chunk(SamplesTogether))
            {
                ObserveByStretch([.. batch.Select(i => samples.Read(i, norm: true, cancellationToken))], cancellationToken);
                done += batch.Length;
                progress?.Report(new IpuProgress("Observing samples", done, samples.Count));
            }

            return _statistics;
        }

        ParallelWork.For(
            samples.Count,
            _lean ? 1 : parallel,
            i =>
            {
                FreeMemory();
                Observe(samples.Read(i, norm: true, cancellationToken), cancellationToken);
                FreeMemory();
                progress?.Report(new IpuProgress("Observing samples", Interlocked.Increment(ref done), samples.Count));
            },
            cancellationToken);
        return _statistics;
    }

    public void Dispose()
    {
        foreach (OnnxBuffers buffers in _buffers)
        {
            buffers.Dispose();
        }

        _parts.ForEach(p => p.Stretch.Dispose());
    }

    /// <summary>Samples that go through a stretch before the next is made.</summary>
    private int SamplesTogether
    {
        get
        {
            var alive = new HashSet<string>(_graph.Inputs, StringComparer.Ordinal);
            long most = Bytes();
            foreach (Part part in _parts)
            {
                alive.UnionWith(part.Handed);
                most = Math.Max(most, Bytes());
                alive.ExceptWith(part.Last);
            }

            return (int)Math.Clamp(BatchBytes / Math.Max(most, 1), 1, int.MaxValue);

            long Bytes() => alive.Sum(t => _graph[t].ByteCount);
        }
    }

    private static ActivationStatistics NewStatistics(TensorSpec tensor, bool byChannel) =>
        new(tensor.Name, tensor.Shape.Rank == 0 ? 1 : tensor.Shape[-1], byChannel);

    /// <param name="observed">Computed tensors.</param>
    private void AddParts(string[] observed, int stretches)
    {
        if (stretches == 1)
        {
            if (observed.Length > 0)
            {
                _parts.Add(new Part(new ObservedStretch(_graph, observed, [], IsNonNegative, _statistics, _lean), [], []));
            }

            return;
        }

        // From the end, so that each stretch hands out what is read behind it and nothing else.
        var read = new HashSet<string>(StringComparer.Ordinal);
        foreach (GraphStretch stretch in GraphStretch.Of(_graph, stretches, nodes: 0).Reverse())
        {
            string[] own = [.. observed.Intersect(stretch.Nodes.SelectMany(n => n.Outputs))];
            string[] handed = [.. stretch.Handed.Where(read.Contains)];
            if (own.Length + handed.Length > 0)
            {
                string[] last = [.. stretch.Read.Where(t => !read.Contains(t))];
                read.UnionWith(stretch.Read);
                Graph part = GraphPart.Of(_graph, stretch.Nodes, stretch.Handed).ToGraph();
                _parts.Insert(0, new Part(new ObservedStretch(part, own, handed, IsNonNegative, _statistics, _lean), handed, last));
            }
        }
    }

    /// <summary>Pictures and models are large and soon forgotten; the garbage collector would let many of them gather, and keep the room that they took.</summary>
    private void FreeMemory()
    {
        if (_lean)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }

    /// <summary>Observes what is the sample's own, and keeps it where it is among those to measure on.</summary>
    private void Begin(Sample sample) => Named(sample, () =>
    {
        var inputs = HeldSamples.Named(_graph, sample.Inputs);
        ModelInputs.Check(_graph, inputs);
        Held.Offer(sample.Inputs);
        foreach (string input in _inputs)
        {
            _statistics[input].Observe(inputs[input].As<float>(), 1);
        }
    });

    private void Observe(Sample sample, CancellationToken cancellationToken)
    {
        Begin(sample);
        OnnxBuffers buffers = _buffers.TryTake(out OnnxBuffers? used) ? used : new OnnxBuffers(sample.Inputs, []);
        try
        {
            buffers.Fill(sample.Inputs);
            using var values = new FloatValues();
            foreach (Part part in _parts)
            {
                Named(sample, () => part.Stretch.Run(t => values.Has(t) ? values[t] : buffers.Inputs[_graph.Inputs.IndexOf(t)], values, cancellationToken));
                Array.ForEach(part.Last, values.Remove);
            }
        }
        finally
        {
            _buffers.Add(buffers);
        }
    }

    private void ObserveByStretch(Sample[] samples, CancellationToken cancellationToken)
    {
        FloatValues[] values = [.. samples.Select(_ => new FloatValues())];
        try
        {
            foreach ((Sample sample, FloatValues own) in samples.Zip(values))
            {
                Begin(sample);
                foreach ((string input, Tensor value) in HeldSamples.Named(_graph, sample.Inputs))
                {
                    own[input] = OnnxBuffers.Copy(value);
                }
            }

            foreach (Part part in _parts)
            {
                FreeMemory();
                part.Stretch.Open();
                foreach ((Sample sample, FloatValues own) in samples.Zip(values))
                {
                    Named(sample, () => part.Stretch.Run(t => own[t], own, cancellationToken));
                    Array.ForEach(part.Last, own.Remove);
                }

                part.Stretch.Dispose();
            }
        }
        finally
        {
            Array.ForEach(values, v => v.Dispose());
        }
    }

    /// <summary>Errors name the sample.</summary>
    private static void Named(Sample sample, Action action)
    {
        try
        {
            action();
        }
        catch (IpuException e) when (e.Kind == IpuErrorKind.InvalidArgument)
        {
            throw new IpuException(e.ErrorId, $"sample '{sample.Name}': {e.Message}", e.Kind, e) { Target = sample.Name };
        }
    }

    private bool IsNonNegative(string tensor) => _graph.Producer(tensor)?.Op switch
    {
        ClipOp clip => clip.Min >= 0,
        { } op => FusedActivation.Of(op) is { Min: >= 0 },
        null => false,
    };

    /// <param name="Handed">What others read of the stretch.</param>
    /// <param name="Last">What it reads as the last.</param>
    private sealed record Part(ObservedStretch Stretch, string[] Handed, string[] Last);
}
