using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>
/// Judges forms of a layer by what they do to the outputs of the network: everything before runs as it has been rebuilt, everything
/// behind as the graph has it. A layer's own error says less: the layers behind forgive some errors and amplify others.
/// </summary>
/// <param name="graph">The fixed graph, with the float graph's own outputs.</param>
/// <param name="inputs">Where the samples enter.</param>
/// <param name="trial">What the outputs are compared with; its samples are those of the walk from <paramref name="first"/> on.</param>
/// <param name="first">The first sample of the walk that judges.</param>
/// <param name="judges">How many judge.</param>
internal sealed class OutputJudge(Graph graph, FixedInputs inputs, FixedTrial trial, int first, int judges, CancellationToken cancellationToken)
{
    private readonly PreparedGraph _prepared = new(graph, cancellationToken);

    /// <summary>Noise of the outputs with another form of a node.</summary>
    /// <param name="walk">Has run up to the node.</param>
    /// <param name="position">Of the node in the graph.</param>
    /// <param name="form">Null for the node as it is.</param>
    public WholeNoise Noise(FixedWalk walk, int position, RoundedWeights? form, CancellationToken cancellationToken)
    {
        Node node = graph.Nodes[position];
        FixedKernel? kernel = form is null ? null : Prepare(node, form);
        var noise = new double[judges][];
        using var frames = new ThreadLocal<PreparedGraph.Frame>(() => _prepared.NewFrame(static t => new byte[t.ByteCount]));
        ParallelWork.For(
            judges,
            Environment.ProcessorCount,
            s =>
            {
                PreparedGraph.Frame frame = frames.Value!;
                walk.CopyTo(frame, first + s);
                if (kernel is not null)
                {
                    Run(kernel, frame, position, form!);
                }

                for (int i = kernel is null ? position : position + 1; i < graph.Nodes.Length; i++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (!inputs.Border.Contains(graph.Nodes[i].Name))
                    {
                        _prepared.RunNode(frame, i, 1);
                    }
                }

                noise[s] = trial.NoiseOf(s, graph.Outputs.Distinct().ToDictionary(o => o, o => new Tensor(graph[o].Type, graph[o].Shape, frame[o].ToArray()), StringComparer.Ordinal));
            },
            cancellationToken);
        return WholeNoise.Of(trial, noise);
    }

    private FixedKernel Prepare(Node node, RoundedWeights form)
    {
        TensorSpec weights = TensorSpec.OfConstant(node.Inputs[1], form.Weights) with { Quant = form.WeightQuant };
        ImmutableArray<TensorSpec?> read = form.Bias is { } bias
            ? [graph[node.Inputs[0]], weights, TensorSpec.OfConstant(node.Name + "/bias", bias) with { Quant = form.BiasQuant }]
            : [graph[node.Inputs[0]], weights];
        return ((IpuOperator)node.Op).PrepareFixed(new FixedBinding(node.Name, read, [.. graph.OutputsOf(node)]));
    }

    private static void Run(FixedKernel kernel, PreparedGraph.Frame frame, int position, RoundedWeights form)
    {
        (Memory<byte>[] inputs, Memory<byte>[] outputs) = frame.Arguments[position];
        Memory<byte> bias = form.Bias is { } b ? MemoryMarshal.AsMemory(b.Memory) : default;
        kernel.Run(new FixedArguments([inputs[0], MemoryMarshal.AsMemory(form.Weights.Memory), bias], outputs, new byte[kernel.WorkspaceBytes], 1));
    }
}
