using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Simulation;

/// <summary>Shows tensors of a float graph where they are, in the order of channels that they live in: no copy, no transpose.</summary>
internal sealed class FloatViewer : IDisposable
{
    private readonly string[] _inputs;
    private readonly string[] _computed;
    private readonly bool[] _channelsFirst = [];
    private readonly OnnxSession? _session;

    /// <param name="tensors">What to show: inputs and computed tensors of single precision.</param>
    /// <param name="cuda">The GPU to run on; null for the CPU.</param>
    public FloatViewer(Graph graph, IEnumerable<string> tensors, int? cuda = null)
    {
        string[] all = [.. tensors.Distinct(StringComparer.Ordinal)];
        _inputs = [.. all.Where(graph.Inputs.Contains)];
        _computed = [.. all.Except(_inputs)];
        if (_computed.Length > 0)
        {
            SourceGraph source = new OnnxEmitter(graph) { ForSession = true }.EmitObserved(_computed, out _channelsFirst);
            _session = new OnnxSession(source, cuda: cuda, packs: PackedMatrices.Pay(graph));
        }
    }

    /// <summary>Runs once. Safe from several threads.</summary>
    /// <param name="visit">
    /// Called with each tensor, its values, which are gone afterwards, and the number of pixels of a plane where channels come first; 0 where they come last.
    /// </param>
    public void Run(IReadOnlyDictionary<string, Tensor> inputs, Action<string, ReadOnlySpan<float>, int> visit, CancellationToken cancellationToken)
    {
        foreach (string input in _inputs)
        {
            visit(input, inputs[input].As<float>(), 0);
        }

        _session?.Run(inputs, (o, _, shape, bytes) => visit(_computed[o], MemoryMarshal.Cast<byte, float>(bytes), _channelsFirst[o] ? shape[2] * shape[3] : 0), cancellationToken);
    }

    public void Dispose() => _session?.Dispose();
}
