using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// What a network is judged by: its outputs, and of those that a softmax makes also what it reads. Behind a softmax one class has nearly
/// all in most samples, so that a choice among forms of a layer would follow the few undecided ones.
/// </summary>
internal static class JudgedOutputs
{
    /// <summary>The float graph with what it is judged by as outputs.</summary>
    public static Graph OfReal(Graph real) => With(real, real, new IdentityOp(), behind: true);

    /// <summary>The same of a fixed graph with the outputs of the float graph.</summary>
    public static Graph OfFixed(Graph real, Graph graph) => With(real, graph, new DequantizeOp(), behind: true);

    /// <summary>The float graph with what softmaxes read as outputs in place of what they make.</summary>
    public static Graph OfRealBeforeSoftmax(Graph real) => With(real, real, new IdentityOp(), behind: false);

    /// <summary>A fixed graph with what softmaxes read as outputs in place of what they make.</summary>
    public static Graph OfFixedBeforeSoftmax(Graph real, Graph graph) => With(real, graph, new DequantizeOp(), behind: false);

    private static Graph With(Graph real, Graph graph, IpuOperator op, bool behind)
    {
        GraphEditor editor = graph.Edit();
        foreach (string output in real.Outputs.Distinct())
        {
            if (SoftmaxOf(real, output) is { } softmax && graph.Nodes.FirstOrDefault(n => n.Name == softmax.Name) is { } node)
            {
                string judged = output + "/judged";
                editor.AddNode(judged, op, [node.Inputs[0]], [judged]);
                editor.Outputs.Add(judged);
                while (!behind && editor.Outputs.Remove(output))
                {
                }
            }
        }

        editor.RemoveDead();
        return editor.ToGraph();
    }

    /// <summary>The softmax that makes a tensor, but for its shape; null where there is none.</summary>
    private static Node? SoftmaxOf(Graph real, string tensor)
    {
        Node? node = real.Producer(tensor);
        while (node is { Op: ReshapeOp or TransposeOp or IdentityOp })
        {
            node = real.Producer(node.Inputs[0]);
        }

        return node is { Op: SoftmaxOp } ? node : null;
    }
}
