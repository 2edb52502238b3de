using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>
/// What a network is judged by: its outputs, but where a softmax makes one, that which it reads. Behind it one class has nearly all in
/// most samples, so that a choice among forms of a layer would follow the few undecided ones.
/// </summary>
internal static class JudgedOutputs
{
    /// <summary>The float graph with what it is judged by as outputs.</summary>
    public static Graph OfReal(Graph real) => Turned(real, real, new IdentityOp());

    /// <summary>The same of a fixed graph with the outputs of the float graph.</summary>
    public static Graph OfFixed(Graph real, Graph graph) => Turned(real, graph, new DequantizeOp());

    private static Graph Turned(Graph real, Graph graph, IpuOperator op)
    {
        GraphEditor editor = graph.Edit();
        foreach (string output in real.Outputs.Distinct())
        {
            if (real.Producer(output) is { Op: SoftmaxOp } softmax && graph.Nodes.FirstOrDefault(n => n.Name == softmax.Name) is { } node)
            {
                string judged = output + "/judged";
                editor.AddNode(judged, op, [node.Inputs[0]], [judged]);
                for (int i = 0; i < editor.Outputs.Count; i++)
                {
                    editor.Outputs[i] = editor.Outputs[i] == output ? judged : editor.Outputs[i];
                }
            }
        }

        editor.RemoveDead();
        return editor.ToGraph();
    }
}
