using System.Collections.Concurrent;
using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Passes;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Simulation;
using SgsIpu.Frontends.Onnx;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Runs a float graph over samples and gathers what is seen of some of its tensors. Samples run in parallel and stream: memory does not
/// depend on their number, the result not on their order.
/// </summary>
internal sealed class StatisticsCollector : IDisposable
{
    private readonly Graph _graph;
    private readonly IReadOnlySet<string>? _byChannel;
    private readonly bool _lean;
    private readonly ImmutableArray<ObservedValue> _values = [];
    private readonly ImmutableArray<Shape> _outputs = [];
    private readonly string[] _inputs;
    private readonly OnnxSession? _session;
    private readonly ConcurrentBag<Scratch> _scratch = [];
    private readonly Dictionary<string, ActivationStatistics> _total;

    /// <param name="observed">Inputs and computed tensors of the graph.</param>
    /// <param name="lean">True holds no memory between samples.</param>
    /// <param name="byChannel">Those of them whose channels have histograms of their own.</param>
    public StatisticsCollector(Graph graph, IReadOnlyList<string> observed, IReadOnlySet<string>? byChannel = null, bool lean = false)
    {
        _byChannel = byChannel;
        _lean = lean;
        _graph = graph;
        Held = new HeldSamples(graph.Inputs.Sum(i => graph[i].ByteCount));
        _inputs = [.. observed.Where(graph.Inputs.Contains)];
        string[] computed = [.. observed.Except(_inputs)];
        _total = observed.ToDictionary(t => t, NewStatistics, StringComparer.Ordinal);
        if (computed.Length > 0)
        {
            SourceGraph source = new OnnxEmitter(graph).EmitSummaries(computed, IsNonNegative, out _values);
            _outputs = [.. source.Outputs.Select(o => new Shape(o.Dimensions.AsSpan()))];
            FreeMemory();
            _session = new OnnxSession(OnnxWriter.Write(source), [.. source.Outputs.Select(o => o.Name)], lean: lean);
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
        foreach (ActivationStatistics seen in _scratch.SelectMany(s => s.All))
        {
            _total[seen.Tensor].Merge(seen);
        }

        return _total;
    }

    /// <summary>Samples kept to measure on.</summary>
    public HeldSamples Held { get; }

    public void Dispose()
    {
        foreach (Scratch scratch in _scratch)
        {
            scratch.Dispose();
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

    private ActivationStatistics NewStatistics(string tensor)
    {
        Shape shape = _graph[tensor].Shape;
        return new ActivationStatistics(tensor, shape.Rank == 0 ? 1 : shape[-1], _byChannel?.Contains(tensor) == true);
    }

    private void Observe(Sample sample, CancellationToken cancellationToken)
    {
        var inputs = _graph.Inputs.Zip(sample.Inputs).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);
        try
        {
            ModelInputs.Check(_graph, inputs);
            Held.Offer(sample.Inputs);
            Scratch scratch = _scratch.TryTake(out Scratch? used) ? used : new Scratch(_total.Keys.Select(NewStatistics), _session is null ? null : new OnnxBuffers(_outputs));
            foreach (string input in _inputs)
            {
                scratch[input].Observe(inputs[input].As<float>(), 1);
            }

            _session?.Run(inputs, scratch.Buffers!, cancellationToken);
            foreach (ObservedValue value in _values)
            {
                Look(scratch[value.Tensor], value, scratch.Buffers![value.Output].Slice(value.Start, (int)value.Shape.Count));
            }

            _scratch.Add(scratch);
        }
        catch (IpuException e) when (e.Kind == IpuErrorKind.InvalidArgument)
        {
            throw new IpuException(e.ErrorId, $"sample '{sample.Name}': {e.Message}", e.Kind, e) { Target = sample.Name };
        }
    }

    private static void Look(ActivationStatistics statistics, ObservedValue value, ReadOnlySpan<float> values)
    {
        switch (value.Kind)
        {
            case ObservedKind.Maximum:
                statistics.ObserveLargest(values);
                break;
            case ObservedKind.NegatedMinimum:
                statistics.ObserveSmallest(values);
                break;
            case ObservedKind.Mean:
                statistics.ObserveMean(values);
                break;
            default:
                statistics.Observe(values, value.Inner);
                break;
        }
    }

    private bool IsNonNegative(string tensor) => _graph.Producer(tensor)?.Op switch
    {
        ClipOp clip => clip.Min >= 0,
        { } op => FusedActivation.Of(op) is { Min: >= 0 },
        null => false,
    };

    /// <summary>Statistics of the samples that one thread was at, and memory for the outputs of one.</summary>
    private sealed class Scratch(IEnumerable<ActivationStatistics> statistics, OnnxBuffers? buffers) : IDisposable
    {
        private readonly Dictionary<string, ActivationStatistics> _byName = statistics.ToDictionary(s => s.Tensor, StringComparer.Ordinal);

        public OnnxBuffers? Buffers => buffers;

        public IEnumerable<ActivationStatistics> All => _byName.Values;

        public ActivationStatistics this[string tensor] => _byName[tensor];

        public void Dispose() => buffers?.Dispose();
    }
}
