using SgsIpu.Core;

namespace SgsIpu.Engine.Simulation;

/// <summary>Some nodes of a graph as a graph of their own.</summary>
internal static class GraphPart
{
    /// <param name="nodes">In the order of execution; what they read of others becomes an input.</param>
    /// <param name="outputs">Those of their tensors that are handed out.</param>
    public static GraphEditor Of(Graph graph, IEnumerable<Node> nodes, IEnumerable<string> outputs)
    {
        var editor = new GraphEditor(graph.Name);
        foreach (Node node in nodes)
        {
            foreach (string input in node.Inputs.Where(i => i.Length > 0))
            {
                if (!editor.HasTensor(input) && graph[input].IsConstant)
                {
                    editor.AddTensor(graph[input]);
                }
                else if (!editor.HasTensor(input))
                {
                    editor.AddInput(graph[input]);
                }
            }

            foreach (string output in node.Outputs)
            {
                editor.AddTensor(graph[output]);
            }

            editor.AddNode(node.Name, node.Op, node.Inputs.AsSpan(), node.Outputs.AsSpan());
        }

        foreach (string output in outputs)
        {
            editor.Outputs.Add(output);
        }

        return editor;
    }
}
