using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>What rebuilding made of a fixed graph.</summary>
/// <param name="Layers">By node.</param>
/// <param name="NoiseBefore">Noise over signal of each of the <see cref="JudgedOutputs"/> on samples held back, of the graph as it was; empty where none holds real numbers.</param>
/// <param name="NoiseAfter">The same with the rebuilt layers.</param>
internal sealed record RebuiltGraph(IReadOnlyDictionary<string, RebuiltLayer> Layers, double[] NoiseBefore, double[] NoiseAfter)
{
    /// <summary>A graph of the same layers, with their weights and biases.</summary>
    public Graph ApplyTo(Graph graph) => Replaced(graph, Layers.Where(l => l.Value.Rounded is not null).ToDictionary(l => l.Key, l => l.Value.Rounded!, StringComparer.Ordinal));

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
