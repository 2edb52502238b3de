using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Engine.Compilation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Simulation;

/// <summary>A fixed-point graph with every node prepared: weights packed, requantizers computed. Immutable; memory comes from <see cref="Frame"/>s.</summary>
internal sealed class PreparedGraph
{
    private readonly FixedKernel[] _kernels;
    private readonly int _workspaceBytes;

    /// <exception cref="IpuException">A node has no fixed-point form for its tensors (id <c>FixedNotSupported</c>).</exception>
    public PreparedGraph(Graph graph, CancellationToken cancellationToken)
    {
        Garbage.Sweep();
        Graph = graph;
        _kernels = new FixedKernel[graph.Nodes.Length];
        for (int i = 0; i < _kernels.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Node node = graph.Nodes[i];
            ImmutableArray<TensorSpec?> inputs = [.. graph.InputsOf(node)];
            _kernels[i] = ((IpuOperator)node.Op).PrepareFixed(new FixedBinding(node.Name, inputs, [.. graph.OutputsOf(node)]));
            _workspaceBytes = Math.Max(_workspaceBytes, _kernels[i].WorkspaceBytes);
        }
    }

    public Graph Graph { get; }

    /// <summary>The memory of one run at a time.</summary>
    /// <param name="memoryOf">Memory of an activation, as long as its <see cref="TensorSpec.ByteCount"/>.</param>
    public Frame NewFrame(Func<TensorSpec, Memory<byte>> memoryOf)
    {
        var tensors = new Dictionary<string, Memory<byte>>(StringComparer.Ordinal) { [""] = default };
        foreach (TensorSpec tensor in Graph.Tensors.Values)
        {
            // Kernels only read constants, so that all frames may share them.
            tensors[tensor.Name] = tensor.Constant is { } c ? MemoryMarshal.AsMemory(c.Memory) : memoryOf(tensor);
        }

        return new Frame(tensors, [.. Graph.Nodes.Select(n => (n.Inputs.Select(i => tensors[i]).ToArray(), n.Outputs.Select(o => tensors[o]).ToArray()))], new byte[_workspaceBytes]);
    }

    /// <summary>The memory of one run, laid out in one arena as planned.</summary>
    public Frame NewFrame(MemoryPlan plan)
    {
        Memory<byte> arena = new byte[plan.Total];
        return NewFrame(t => arena.Slice((int)plan[t.Name].Offset, (int)t.ByteCount));
    }

    /// <summary>Runs every node over a frame whose inputs have been written.</summary>
    /// <param name="threads">Threads that a node may use; results do not depend on it.</param>
    public void Run(Frame frame, int threads, CancellationToken cancellationToken)
    {
        for (int i = 0; i < _kernels.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            RunNode(frame, i, threads);
        }
    }

    /// <summary>Prepares the node at a position anew with another bias. No run may be under way.</summary>
    /// <param name="shift">Real numbers to add, by output channel.</param>
    public void ShiftBias(int index, ReadOnlySpan<double> shift)
    {
        Node node = Graph.Nodes[index];
        ImmutableArray<TensorSpec?> inputs = [.. Graph.InputsOf(node)];
        TensorSpec bias = inputs[2]!;
        inputs = inputs.SetItem(2, bias with { Constant = Quantization.ConstantRounding.Shifted(bias.Constant!, bias.Quant!, shift) });
        _kernels[index] = ((IpuOperator)node.Op).PrepareFixed(new FixedBinding(node.Name, inputs, [.. Graph.OutputsOf(node)]));
    }

    /// <summary>Runs the node at a position of the graph.</summary>
    public void RunNode(Frame frame, int index, int threads)
    {
        (Memory<byte>[] inputs, Memory<byte>[] outputs) = frame.Arguments[index];
        _kernels[index].Run(new FixedArguments(inputs, outputs, frame.Workspace, threads));
    }

    /// <summary>Memory of every tensor, and the arguments of every node over it.</summary>
    public sealed class Frame(IReadOnlyDictionary<string, Memory<byte>> tensors, (Memory<byte>[] Inputs, Memory<byte>[] Outputs)[] arguments, Memory<byte> workspace)
    {
        internal (Memory<byte>[] Inputs, Memory<byte>[] Outputs)[] Arguments => arguments;

        internal Memory<byte> Workspace => workspace;

        public Span<byte> this[string tensor] => tensors[tensor].Span;
    }
}
