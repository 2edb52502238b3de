using System.Collections.Concurrent;
using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Passes;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Runs a float graph over samples and gathers what is seen of some of its tensors. Samples run in parallel and stream: memory does not
/// depend on their number, the result not on their order.
/// </summary>
internal sealed class StatisticsCollector : IDisposable
{
    private readonly Graph _graph;
    private readonly bool _lean;
    private readonly ObservedTensor[] _observed = [];
    private readonly ImmutableArray<Shape> _outputs = [];
    private readonly string[] _inputs;
    private readonly OnnxSession? _session;
    private readonly ConcurrentBag<OnnxBuffers> _buffers = [];
    private readonly Dictionary<string, ActivationStatistics> _statistics;

    /// <param name="observed">Inputs and computed tensors of the graph.</param>
    /// <param name="lean">True holds no memory between samples.</param>
    /// <param name="byChannel">Those of them whose channels have histograms of their own.</param>
    public StatisticsCollector(Graph graph, IReadOnlyList<string> observed, IReadOnlySet<string>? byChannel = null, bool lean = false)
    {
        _lean = lean;
        _graph = graph;
        Held = new HeldSamples(graph.Inputs.Sum(i => graph[i].ByteCount));
        _inputs = [.. observed.Where(graph.Inputs.Contains)];
        string[] computed = [.. observed.Except(_inputs)];
        _statistics = observed.ToDictionary(t => t, t => NewStatistics(graph[t], byChannel?.Contains(t) == true), StringComparer.Ordinal);
        if (computed.Length > 0)
        {
            SourceGraph source = new OnnxEmitter(graph) { ForSession = true }.EmitSummaries(computed, IsNonNegative, out ImmutableArray<ObservedValue> values);
            _observed = [.. values.GroupBy(v => v.Tensor).Select(g => new ObservedTensor(_statistics[g.Key], [.. g]))];
            _outputs = [.. source.Outputs.Select(o => new Shape(o.Dimensions.AsSpan()))];
            FreeMemory();
            _session = new OnnxSession(source, lean: lean, packs: PackedMatrices.Pay(graph));
        }
    }

    /// <summary>Observes every sample and returns the statistics by tensor.</summary>
    /// <param name="parallel">Samples in flight at once.</param>
    public IReadOnlyDictionary<string, ActivationStatistics> Collect(ISampleSource samples, int parallel, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        int done = 0;
        ParallelWork.For(
            samples.Count,
            parallel,
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

    /// <summary>Samples kept to measure on.</summary>
    public HeldSamples Held { get; }

    public void Dispose()
    {
        foreach (OnnxBuffers buffers in _buffers)
        {
            buffers.Dispose();
        }

        _session?.Dispose();
    }

    /// <summary>Pictures and models are large and soon forgotten; the garbage collector would let many of them gather.</summary>
    private void FreeMemory()
    {
        if (_lean)
        {
            GC.Collect();
        }
    }

    private static ActivationStatistics NewStatistics(TensorSpec tensor, bool byChannel) =>
        new(tensor.Name, tensor.Shape.Rank == 0 ? 1 : tensor.Shape[-1], byChannel);

    private void Observe(Sample sample, CancellationToken cancellationToken)
    {
        var inputs = _graph.Inputs.Zip(sample.Inputs).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);
        try
        {
            ModelInputs.Check(_graph, inputs);
            Held.Offer(sample.Inputs);
            foreach (string input in _inputs)
            {
                _statistics[input].Observe(inputs[input].As<float>(), 1);
            }

            if (_session is not null)
            {
                OnnxBuffers buffers = _buffers.TryTake(out OnnxBuffers? used) ? used : _session.NewBuffers(inputs, _outputs);
                try
                {
                    _session.Run(inputs, buffers, cancellationToken);
                    foreach (ObservedTensor tensor in _observed)
                    {
                        tensor.Observe(buffers);
                    }
                }
                finally
                {
                    // Also where a run fails: what is in the bag is given back in the end.
                    _buffers.Add(buffers);
                }
            }
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

    /// <summary>A tensor, and what the session returns of it.</summary>
    private sealed class ObservedTensor(ActivationStatistics statistics, ObservedValue[] values)
    {
        private readonly ObservedValue _seen = values.Single(v => v.Kind is ObservedKind.All or ObservedKind.Part);

        public void Observe(OnnxBuffers buffers)
        {
            var whole = new ChannelSummaries
            {
                Largest = Values(buffers, ObservedKind.Maximum),
                NegatedSmallest = Values(buffers, ObservedKind.NegatedMinimum),
                Mean = Values(buffers, ObservedKind.Mean),
            };
            statistics.Observe(Values(buffers, _seen.Kind), _seen.Inner, whole);
        }

        private ReadOnlySpan<float> Values(OnnxBuffers buffers, ObservedKind kind) =>
            Array.Find(values, v => v.Kind == kind) is { } value ? buffers[value.Output].Slice(value.Start, value.Count) : [];
    }
}
