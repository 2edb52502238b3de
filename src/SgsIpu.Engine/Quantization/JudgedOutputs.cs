using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// What a network is judged by: its outputs, and in place of those that a softmax makes what it reads. Behind a softmax one class has nearly
/// all in most samples, so that a choice among forms of a layer would follow the few undecided ones.
/// </summary>
internal static class JudgedOutputs
{
    /// <summary>The float graph with what it is judged by as outputs.</summary>
    public static Graph OfRealBeforeSoftmax(Graph real) => With(real, real, new IdentityOp());

    /// <summary>A fixed graph, with the float graph's own outputs, likewise.</summary>
    public static Graph OfFixedBeforeSoftmax(Graph real, Graph graph) => With(real, graph, new DequantizeOp());

    private static Graph With(Graph real, Graph graph, IpuOperator op)
    {
        GraphEditor editor = graph.Edit();
        foreach (string output in real.Outputs.Distinct())
        {
            if (SoftmaxOf(real, output) is { } softmax && graph.Nodes.FirstOrDefault(n => n.Name == softmax.Name) is { } node)
            {
                string judged = output + "/judged";
                editor.AddNode(judged, op, [node.Inputs[0]], [judged]);
                editor.Outputs.Add(judged);
                while (editor.Outputs.Remove(output))
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
