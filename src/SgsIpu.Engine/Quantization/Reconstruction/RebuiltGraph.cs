using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>What rebuilding made of a fixed graph.</summary>
/// <param name="Layers">By node.</param>
/// <param name="NoiseBefore">Noise of the <see cref="JudgedOutputs"/> on samples held back, of the graph as it was; empty where none holds real numbers.</param>
/// <param name="NoiseAfter">The same with the rebuilt layers.</param>
internal sealed record RebuiltGraph(IReadOnlyDictionary<string, RebuiltLayer> Layers, WholeNoise NoiseBefore, WholeNoise NoiseAfter)
{
    /// <summary>A graph of the same layers, with their weights and biases.</summary>
    public Graph ApplyTo(Graph graph) => Replaced(graph, Layers.Where(l => l.Value.Rounded is not null).ToDictionary(l => l.Key, l => l.Value.Rounded!, StringComparer.Ordinal));

    /// <summary>The layers that read the same in another form of the graph, which may be as they were rebuilt there as well.</summary>
    /// <param name="graph">The graph that was rebuilt.</param>
    public RebuiltGraph Shared(Graph graph, Graph other)
    {
        Dictionary<string, TensorSpec> read = graph.Nodes.Where(n => Layers.ContainsKey(n.Name)).ToDictionary(n => n.Name, n => graph[n.Inputs[0]], StringComparer.Ordinal);
        HashSet<string> same = [.. other.Nodes.Where(n => read.TryGetValue(n.Name, out TensorSpec? input) && IsSame(input, other[n.Inputs[0]])).Select(n => n.Name)];
        return this with { Layers = Layers.Where(l => same.Contains(l.Key)).ToDictionary(StringComparer.Ordinal) };
    }

    private static bool IsSame(TensorSpec one, TensorSpec other) => one.Type == other.Type && one.Quant!.SameMapping(other.Quant!);

    /// <summary>A graph with other weights and biases of some nodes.</summary>
    public static Graph Replaced(Graph graph, IReadOnlyDictionary<string, RoundedWeights> rounded)
    {
        GraphEditor editor = graph.Edit();
        foreach (Node node in graph.Nodes)
        {
            if (rounded.TryGetValue(node.Name, out RoundedWeights? value))
            {
                value.Replace(editor, node);
            }
        }

        return editor.ToGraph();
    }
}
