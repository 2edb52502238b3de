using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;
using SgsIpu.Core;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>A part of a float graph that runs in a session of its own; what is asked of its tensors joins their statistics.</summary>
internal sealed class ObservedStretch : IDisposable
{
    private readonly Graph _graph;
    private readonly string[] _handed;
    private readonly bool _lean;
    private readonly SourceGraph _source;
    private readonly ObservedTensor[] _observed;
    private readonly ImmutableArray<Shape> _summaries;
    private readonly ConcurrentBag<OnnxBuffers> _buffers = [];
    private OnnxSession? _session;

    /// <param name="graph">The part alone.</param>
    /// <param name="observed">Of its computed tensors, in the order of execution.</param>
    /// <param name="handed">Those that others read.</param>
    /// <param name="nonNegative">True for tensors without values below 0.</param>
    /// <param name="lean">True holds no memory between samples.</param>
    public ObservedStretch(Graph graph, IReadOnlyList<string> observed, string[] handed, Func<string, bool> nonNegative, IReadOnlyDictionary<string, ActivationStatistics> statistics, bool lean)
    {
        _graph = graph;
        _handed = handed;
        _lean = lean;
        _source = new OnnxEmitter(graph) { ForSession = true }.EmitSummaries(observed, handed, nonNegative, out ImmutableArray<ObservedValue> values);
        _observed = [.. values.GroupBy(v => v.Tensor).Select(g => new ObservedTensor(statistics[g.Key], [.. g]))];
        _summaries = [.. _source.Outputs.SkipLast(handed.Length).Select(o => new Shape(o.Dimensions.AsSpan()))];
    }

    /// <summary>Makes the session, where there is none. Not while runs are under way.</summary>
    public void Open() => _session ??= new OnnxSession(_source, lean: _lean, packs: PackedMatrices.Pay(_graph));

    /// <summary>Observes one sample. Safe from several threads while the session is open.</summary>
    /// <param name="inputs">What the part reads.</param>
    /// <param name="handed">Takes what others read of it.</param>
    public void Run(Func<string, OrtValue> inputs, FloatValues handed, CancellationToken cancellationToken)
    {
        OnnxBuffers buffers = _buffers.TryTake(out OnnxBuffers? used) ? used : new OnnxBuffers([], _summaries);
        try
        {
            foreach (string tensor in _handed)
            {
                handed[tensor] = OnnxBuffers.New(_graph[tensor]);
            }

            _session!.Run(inputs, [.. buffers.Outputs, .. _handed.Select(t => handed[t])], cancellationToken);
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

    /// <summary>Gives the session and its memory back.</summary>
    public void Dispose()
    {
        while (_buffers.TryTake(out OnnxBuffers? buffers))
        {
            buffers.Dispose();
        }

        _session?.Dispose();
        _session = null;
    }

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
