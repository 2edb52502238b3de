using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>
/// Runs a fixed graph node by node, each over all samples, so that constants of later nodes may still change. Holds of each sample what
/// later nodes read, and nothing else.
/// </summary>
internal sealed class FixedWalk
{
    private readonly GraphEditor _editor;
    private readonly Graph _start;
    private readonly Dictionary<string, byte[][]> _held = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _lastUse = new(StringComparer.Ordinal);
    private readonly Dictionary<int, Stack<byte[]>> _free = [];
    private readonly IReadOnlySet<string> _border;
    private readonly int _samples;
    private int _next;

    /// <param name="graph">The graph to begin with.</param>
    /// <param name="chosen">Numbers of the samples to run.</param>
    /// <param name="inputs">Where the samples enter.</param>
    public FixedWalk(Graph graph, FixedInputs inputs, ISampleSource samples, IReadOnlyList<int> chosen, int parallel, CancellationToken cancellationToken)
    {
        _start = graph;
        _editor = graph.Edit();
        _samples = chosen.Count;
        for (int i = 0; i < graph.Nodes.Length; i++)
        {
            foreach (string input in graph.Nodes[i].Inputs)
            {
                _lastUse[input] = i;
            }
        }

        _border = inputs.Border;
        foreach (string input in inputs.Entries)
        {
            _held[input] = new byte[_samples][];
        }

        ParallelWork.For(
            _samples,
            parallel,
            s =>
            {
                foreach ((string tensor, Tensor value) in inputs.Of(samples.Read(chosen[s], norm: true, cancellationToken)))
                {
                    _held[tensor][s] = value.Bytes.ToArray();
                }
            },
            cancellationToken);
    }

    public TensorSpec Spec(string tensor) => _editor[tensor];

    /// <summary>Bytes of a tensor that has been computed and is still to be read.</summary>
    public ReadOnlyMemory<byte> Bytes(string tensor, int sample) => _held[tensor][sample];

    /// <summary>Writes all that has been computed of a sample and is still to be read into the memory of a run.</summary>
    public void CopyTo(PreparedGraph.Frame frame, int sample)
    {
        foreach ((string tensor, byte[][] values) in _held)
        {
            values[sample].CopyTo(frame[tensor]);
        }
    }

    /// <summary>Replaces weights and bias of a node that has not run.</summary>
    public void Replace(Node node, RoundedWeights rounded) => rounded.Replace(_editor, node);

    /// <summary>Runs the nodes up to, but without, the one at a position of the graph.</summary>
    public void RunTo(int position, int parallel, CancellationToken cancellationToken)
    {
        for (; _next < position; _next++)
        {
            if (_border.Contains(_start.Nodes[_next].Name))
            {
                continue;
            }

            Run(_editor.NodeNamed(_start.Nodes[_next].Name), parallel, cancellationToken);
            foreach (string done in _start.Nodes[_next].Inputs.Where(i => i.Length > 0 && _lastUse[i] == _next).Distinct(StringComparer.Ordinal))
            {
                Free(done);
            }
        }
    }

    private void Run(Node node, int parallel, CancellationToken cancellationToken)
    {
        ImmutableArray<TensorSpec?> inputs = [.. _editor.InputsOf(node)];
        ImmutableArray<TensorSpec> outputs = [.. node.Outputs.Select(o => _editor[o])];
        FixedKernel kernel = ((IpuOperator)node.Op).PrepareFixed(new FixedBinding(node.Name, inputs, outputs));
        foreach (TensorSpec output in outputs)
        {
            _held[output.Name] = Take((int)output.ByteCount);
        }

        using var workspaces = new ThreadLocal<byte[]>(() => new byte[kernel.WorkspaceBytes]);
        ParallelWork.For(
            _samples,
            parallel,
            s => kernel.Run(new FixedArguments(
                [.. inputs.Select(i => i is null ? default : i.Constant is { } c ? System.Runtime.InteropServices.MemoryMarshal.AsMemory(c.Memory) : _held[i.Name][s])],
                [.. outputs.Select(o => (Memory<byte>)_held[o.Name][s])],
                workspaces.Value,
                1)),
            cancellationToken);
    }

    private byte[][] Take(int bytes)
    {
        Stack<byte[]> free = _free.TryGetValue(bytes, out Stack<byte[]>? stack) ? stack : _free[bytes] = [];
        return [.. Enumerable.Range(0, _samples).Select(_ => free.TryPop(out byte[]? used) ? used : new byte[bytes])];
    }

    /// <summary>Memory of what nobody reads any more is used again for tensors of the same size, which networks have many of.</summary>
    private void Free(string tensor)
    {
        if (!_editor.Outputs.Contains(tensor) && _held.Remove(tensor, out byte[][]? memory))
        {
            Stack<byte[]> free = _free.TryGetValue(memory[0].Length, out Stack<byte[]>? stack) ? stack : _free[memory[0].Length] = [];
            if (free.Count == 0)
            {
                Array.ForEach(memory, free.Push);
            }
        }
    }
}
