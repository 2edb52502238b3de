namespace SgsIpu.Core;

/// <summary>Checks the invariants that every pass must keep.</summary>
public static class GraphVerifier
{
    /// <summary>
    /// Checks that names resolve, that every tensor has one producer or is an input or a constant, that nodes stand after their
    /// producers, that constants hold what their description says, and that inferred types and shapes equal the recorded ones.
    /// </summary>
    /// <exception cref="IpuException">An invariant is broken; the message names the node and the tensor (id <c>InvalidGraph</c>).</exception>
    public static void Verify(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var defined = new HashSet<string>(graph.Inputs, StringComparer.Ordinal);
        foreach (string input in graph.Inputs)
        {
            Require(graph.Tensors.ContainsKey(input), $"input '{input}' is no tensor of the graph", input);
        }

        foreach (TensorSpec tensor in graph.Tensors.Values.Where(t => t.IsConstant))
        {
            Require(
                tensor.Constant!.Type == tensor.Type && tensor.Constant.Shape == tensor.Shape,
                $"constant '{tensor.Name}' is described as {tensor.Type} {tensor.Shape} but holds {tensor.Constant}",
                tensor.Name);
            defined.Add(tensor.Name);
        }

        foreach (Node node in graph.Nodes)
        {
            VerifyNode(graph, node, defined);
        }

        foreach (string output in graph.Outputs)
        {
            Require(defined.Contains(output), $"output '{output}' is computed by no node", output);
        }
    }

    private static void VerifyNode(Graph graph, Node node, HashSet<string> defined)
    {
        foreach (string input in node.Inputs.Where(i => i.Length > 0))
        {
            Require(graph.Tensors.ContainsKey(input), $"{node} reads '{input}', which is no tensor of the graph", node.Name);
            Require(defined.Contains(input), $"{node} reads '{input}' before anything computes it", node.Name);
        }

        TensorType[] inferred = node.Op.InferOutputs(graph.InputsOf(node));
        Require(
            inferred.Length >= node.Outputs.Length,
            $"{node} has {node.Outputs.Length} outputs, its operator {inferred.Length}",
            node.Name);
        for (int i = 0; i < node.Outputs.Length; i++)
        {
            string output = node.Outputs[i];
            Require(graph.Tensors.TryGetValue(output, out TensorSpec? spec), $"{node} writes '{output}', which is no tensor of the graph", node.Name);
            Require(defined.Add(output), $"{node} writes '{output}', which is already defined", node.Name);
            Require(
                spec!.Shape == inferred[i].Shape,
                $"{node}: output '{output}' is recorded as {spec.Shape}, the operator gives {inferred[i].Shape}",
                node.Name);
            bool quantized = spec.Quant is not null;
            Require(
                quantized || spec.Type == inferred[i].Type,
                $"{node}: output '{output}' is recorded as {spec.Type}, the operator gives {inferred[i].Type}",
                node.Name);
        }
    }

    private static void Require(bool condition, string message, string target)
    {
        if (!condition)
        {
            throw new IpuException("InvalidGraph", message, IpuErrorKind.Internal) { Target = target };
        }
    }
}
