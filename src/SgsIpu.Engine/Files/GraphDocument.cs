using System.Collections.Immutable;
using System.Text.Json;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Files;

/// <summary>A graph as model files describe it: everything but the bytes of the constants.</summary>
/// <param name="Inputs">Positions in <paramref name="Tensors"/>.</param>
/// <param name="Outputs">Positions in <paramref name="Tensors"/>.</param>
/// <param name="Nodes">In execution order.</param>
internal sealed record GraphDocument(
    string Name,
    ImmutableArray<int> Inputs,
    ImmutableArray<int> Outputs,
    ImmutableArray<TensorDocument> Tensors,
    ImmutableArray<NodeDocument> Nodes)
{
    /// <summary>The document of a graph.</summary>
    /// <param name="order">Every tensor, in the order to list them; see <see cref="TensorOrder"/>.</param>
    /// <param name="placeOf">Where the values of a constant are, in the terms of the file.</param>
    public static GraphDocument Of(Graph graph, ImmutableArray<TensorSpec> order, Func<TensorSpec, long> placeOf)
    {
        Dictionary<string, int> at = order.Select((t, i) => (t.Name, i)).ToDictionary(p => p.Name, p => p.i, StringComparer.Ordinal);
        return new GraphDocument(
            graph.Name,
            [.. graph.Inputs.Select(i => at[i])],
            [.. graph.Outputs.Select(o => at[o])],
            [.. order.Select(t => TensorDocument.Of(t, t.IsConstant ? placeOf(t) : null))],
            [.. graph.Nodes.Select(n => new NodeDocument(
                n.Name,
                n.Op.Name,
                OpJson.Write(n.Op),
                [.. n.Inputs.Select(i => i.Length == 0 ? -1 : at[i])],
                [.. n.Outputs.Select(o => at[o])]))]);
    }

    /// <summary>All tensors in one order whatever the machine: inputs, then as the nodes meet them, then what no node meets.</summary>
    public static ImmutableArray<TensorSpec> TensorOrder(Graph graph) =>
    [
        .. graph.Inputs
            .Concat(graph.Nodes.SelectMany(n => n.Inputs.Concat(n.Outputs)))
            .Where(t => t.Length > 0)
            .Concat(graph.Tensors.Keys.Order(StringComparer.Ordinal))
            .Distinct(StringComparer.Ordinal)
            .Select(t => graph[t]),
    ];

    /// <summary>Reads the object that follows.</summary>
    public static GraphDocument Read(ref Utf8JsonReader json)
    {
        string? name = null;
        ImmutableArray<int>? inputs = null;
        ImmutableArray<int>? outputs = null;
        ImmutableArray<TensorDocument>? tensors = null;
        ImmutableArray<NodeDocument>? nodes = null;
        JsonFields.BeginObject(ref json);
        while (JsonFields.NextField(ref json))
        {
            if (json.ValueTextEquals("name"u8))
            {
                name = JsonFields.Text(ref json);
            }
            else if (json.ValueTextEquals("inputs"u8))
            {
                inputs = JsonFields.Integers(ref json);
            }
            else if (json.ValueTextEquals("outputs"u8))
            {
                outputs = JsonFields.Integers(ref json);
            }
            else if (json.ValueTextEquals("tensors"u8))
            {
                tensors = JsonFields.Elements(ref json, TensorDocument.Read);
            }
            else if (json.ValueTextEquals("nodes"u8))
            {
                nodes = JsonFields.Elements(ref json, NodeDocument.Read);
            }
            else
            {
                JsonFields.Skip(ref json);
            }
        }

        return new GraphDocument(
            JsonFields.Required(name, "name"),
            JsonFields.Required(inputs, "inputs"),
            JsonFields.Required(outputs, "outputs"),
            JsonFields.Required(tensors, "tensors"),
            JsonFields.Required(nodes, "nodes"));
    }

    /// <summary>The graph, with every reference, type and shape checked.</summary>
    /// <param name="contentOf">The bytes of a constant; the graph keeps them.</param>
    /// <param name="damaged">Makes the error of the file's format.</param>
    /// <exception cref="IpuException">What <paramref name="damaged"/> makes; or the operator is unknown to this version.</exception>
    public Graph ToGraph(Func<TensorDocument, ReadOnlyMemory<byte>> contentOf, Func<string, IpuException> damaged)
    {
        var editor = new GraphEditor(Name);
        foreach (TensorDocument tensor in Tensors)
        {
            string? fault = tensor.Fault() ?? (editor.HasTensor(tensor.Name) ? $"two tensors are named '{tensor.Name}'" : null);
            if (fault is not null)
            {
                throw damaged(fault);
            }

            editor.AddTensor(tensor.ToSpec(tensor.Constant is null ? null : Tensor.Over(tensor.Type, tensor.Shape, contentOf(tensor))));
        }

        try
        {
            foreach (NodeDocument node in Nodes)
            {
                AddNode(editor, node, damaged);
            }

            AddBorder(editor, damaged);
            Graph graph = editor.ToGraph();
            if (!graph.Nodes.Select(n => n.Name).SequenceEqual(Nodes.Select(n => n.Name), StringComparer.Ordinal))
            {
                throw damaged("a node stands before one that it needs");
            }

            GraphVerifier.Verify(graph);
            return graph;
        }
        catch (IpuException e) when (e.ErrorId is "InvalidGraph" or "ShapeMismatch" or "OperatorAttributes" or "GraphCycle" or "DuplicateProducer")
        {
            throw damaged(e.Message);
        }
        catch (Exception e) when (e is ArgumentException or ArithmeticException or IndexOutOfRangeException or InvalidOperationException or NullReferenceException)
        {
            // Shape inference trusts attributes that import rules have made; these come from a file.
            throw damaged("the attributes of a node do not fit its inputs");
        }
    }

    private void AddNode(GraphEditor editor, NodeDocument node, Func<string, IpuException> damaged)
    {
        if (string.IsNullOrEmpty(node.Name))
        {
            throw damaged("a node has no name");
        }

        if (editor.HasNode(node.Name))
        {
            throw damaged($"two nodes are named '{node.Name}'");
        }

        if (node.Inputs.Any(i => i < -1 || i >= Tensors.Length) || node.Outputs.IsEmpty || node.Outputs.Any(o => o < 0 || o >= Tensors.Length))
        {
            throw damaged($"node '{node.Name}' refers to tensors that are not there; {Tensors.Length} are");
        }

        if (node.Outputs.FirstOrDefault(o => Inputs.Contains(o) || Tensors[o].Constant is not null, -1) is var taken and >= 0)
        {
            throw damaged($"node '{node.Name}' writes '{Tensors[taken].Name}', which is an input or a constant");
        }

        IpuOperator op = OpJson.Read(node.Op, node.Attributes);
        editor.AddNode(node.Name, op, [.. node.Inputs.Select(i => i < 0 ? "" : Tensors[i].Name)], [.. node.Outputs.Select(o => Tensors[o].Name)]);
    }

    private void AddBorder(GraphEditor editor, Func<string, IpuException> damaged)
    {
        foreach ((ImmutableArray<int> ids, IList<string> names, string what) in new[] { (Inputs, editor.Inputs, "input"), (Outputs, editor.Outputs, "output") })
        {
            foreach (int id in ids)
            {
                if (id < 0 || id >= Tensors.Length || names.Contains(Tensors[id].Name))
                {
                    throw damaged($"{what} {id} is no tensor or given twice; {Tensors.Length} tensors are there");
                }

                names.Add(Tensors[id].Name);
            }
        }

        if (Inputs.FirstOrDefault(i => Tensors[i].Constant is not null, -1) is var constant and >= 0)
        {
            throw damaged($"input '{Tensors[constant].Name}' is a constant");
        }
    }
}
