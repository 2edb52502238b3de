using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// What a network is judged by: its outputs, and in place of those that a choice makes (see <see cref="QuantRule.Chooses"/>) what it chooses
/// from. Behind a softmax one class has nearly all in most samples, rows of detections stand in the order of their scores: what is measured
/// there would follow the few undecided ones.
/// </summary>
internal static class JudgedOutputs
{
    /// <summary>The float graph with what it is judged by as outputs.</summary>
    public static Graph OfReal(Graph real) => With(real, real, new IdentityOp());

    /// <summary>A fixed graph, with the float graph's own outputs, likewise.</summary>
    public static Graph OfFixed(Graph real, Graph graph) => With(real, graph, new DequantizeOp());

    private static Graph With(Graph real, Graph graph, IpuOperator op)
    {
        GraphEditor editor = graph.Edit();
        Dictionary<string, Node> nodes = graph.Nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        foreach (string output in real.Outputs.Distinct())
        {
            (Node Reader, int Input)[] read = [.. Read(real, output).Where(r => nodes.ContainsKey(r.Reader.Name))];
            foreach ((Node reader, int input) in read)
            {
                string judged = reader.Inputs[input] + "/judged";
                if (!editor.Outputs.Contains(judged))
                {
                    editor.AddNode(judged, op, [nodes[reader.Name].Inputs[input]], [judged]);
                    editor.Outputs.Add(judged);
                }
            }

            while (read.Length > 0 && editor.Outputs.Remove(output))
            {
            }
        }

        editor.RemoveDead();
        return editor.ToGraph();
    }

    /// <summary>What a tensor is chosen from, but for its shape: nodes with the positions of what they read; none where it is no choice.</summary>
    private static IEnumerable<(Node Reader, int Input)> Read(Graph real, string tensor)
    {
        Node? node = real.Producer(tensor);
        while (node is { Op: ReshapeOp or TransposeOp or IdentityOp })
        {
            node = real.Producer(node.Inputs[0]);
        }

        if (node is null || ((IpuOperator)node.Op).Quantize(real.InputsOf(node)) is not { Chooses: true } rule)
        {
            yield break;
        }

        foreach (int input in rule.Activations.Where(i => real[node.Inputs[i]] is { IsConstant: false, Type: DataType.Float32 }))
        {
            (Node, int)[] before = [.. Read(real, node.Inputs[input])];
            foreach ((Node, int) read in before.Length > 0 ? before : [(node, input)])
            {
                yield return read;
            }
        }
    }
}
