using System.Collections.Concurrent;
using SgsIpu.Core;
using SgsIpu.Engine.Compilation;

namespace SgsIpu.Engine.Simulation;

/// <summary>
/// Runs a graph of integers in the memory that a plan gives it. The fixed model runs in a plan made here, the offline model in the plan
/// of its image; the integers are the same.
/// </summary>
internal sealed class FixedRunner : IModelRunner, ITensorViewer
{
    private readonly PreparedGraph _prepared;
    private readonly string[] _outputs;
    private readonly Func<PreparedGraph, PreparedGraph.Frame> _newFrame;
    private readonly ConcurrentBag<PreparedGraph.Frame> _frames = [];
    private readonly int _threads;

    /// <param name="newFrame">Makes the memory of one run; frames are used again.</param>
    /// <param name="observed">Tensors to return besides the outputs; the memory must keep them to the end of a run.</param>
    /// <param name="threads">Threads of one run.</param>
    public FixedRunner(Graph graph, Func<PreparedGraph, PreparedGraph.Frame> newFrame, IReadOnlyList<string>? observed = null, int threads = 1, CancellationToken cancellationToken = default)
    {
        _outputs = [.. graph.Outputs.Concat(observed ?? []).Distinct()];
        foreach (string name in _outputs)
        {
            _ = graph[name];
        }

        _prepared = new PreparedGraph(graph, cancellationToken);
        _newFrame = newFrame;
        _threads = threads;
    }

    /// <summary>A runner of a fixed model, in the memory of a plan; where tensors are observed, each has memory of its own.</summary>
    public static FixedRunner OfFixed(Graph graph, IReadOnlyList<string>? observed = null, int threads = 1)
    {
        if (observed is { Count: > 0 })
        {
            return new FixedRunner(graph, static p => p.NewFrame(static t => new byte[t.ByteCount]), observed, threads);
        }

        MemoryPlan plan = MemoryPlanner.Plan(graph);
        return new FixedRunner(graph, p => p.NewFrame(plan), observed, threads);
    }

    public IReadOnlyDictionary<string, Tensor> Run(IReadOnlyDictionary<string, Tensor> inputs, CancellationToken cancellationToken)
    {
        var result = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        View(inputs, (name, bytes) => result[name] = new Tensor(_prepared.Graph[name].Type, _prepared.Graph[name].Shape, bytes.ToArray()), cancellationToken);
        return result;
    }

    public void View(IReadOnlyDictionary<string, Tensor> inputs, TensorView visit, CancellationToken cancellationToken)
    {
        Graph graph = _prepared.Graph;
        ModelInputs.Check(graph, inputs);
        PreparedGraph.Frame frame = _frames.TryTake(out PreparedGraph.Frame? used) ? used : _newFrame(_prepared);
        foreach (string name in graph.Inputs)
        {
            inputs[name].Bytes.CopyTo(frame[name]);
        }

        _prepared.Run(frame, _threads, cancellationToken);
        foreach (string name in _outputs)
        {
            visit(name, frame[name]);
        }

        _frames.Add(frame);
    }

    public void Dispose() => _frames.Clear();
}
