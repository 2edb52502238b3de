using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

/// <summary>
/// One node of an ONNX file (or of another framework, which ONNX Runtime cannot run as it is): what ONNX Runtime makes of it, and what it makes of the IR that the node is lifted to.
/// <code>
/// var node = new LiftHarness("Clip", 6).Input(x).Attribute("min", 0f).Attribute("max", 6f);
/// node.AssertSame();
/// </code>
/// </summary>
internal sealed class LiftHarness(string opType, int opset, int outputs = 1, string domain = "", Framework framework = Framework.Onnx)
{
    private readonly Dictionary<string, object> _attributes = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];
    private readonly Dictionary<string, Tensor> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tensor> _constants = new(StringComparer.Ordinal);

    public LiftHarness Input(Tensor value)
    {
        _names.Add($"in{_names.Count}");
        _values[_names[^1]] = value;
        return this;
    }

    public LiftHarness Constant(Tensor value)
    {
        _names.Add($"in{_names.Count}");
        _constants[_names[^1]] = value;
        return this;
    }

    public LiftHarness Absent()
    {
        _names.Add("");
        return this;
    }

    public LiftHarness Attribute(string name, object value)
    {
        _attributes[name] = value;
        return this;
    }

    /// <summary>The lifted IR, verified.</summary>
    public Graph Lift()
    {
        SourceGraph source = Source([]);
        var editor = new GraphEditor("test");
        var tensors = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, Tensor value) in _values)
        {
            editor.AddInput(new TensorSpec(name, value.Type, value.Shape));
            tensors[name] = name;
        }

        foreach ((string name, Tensor value) in _constants)
        {
            editor.AddTensor(TensorSpec.OfConstant(name, value));
            tensors[name] = name;
        }

        SourceNode node = source.Nodes[0];
        ImportRule rule = OpCatalog.RuleFor(framework, node) ?? throw new InvalidOperationException($"{node} has no import rule");
        rule.Lift(new LiftContext(node, source, editor, tensors));
        foreach (string output in node.Outputs.Where(o => o.Length > 0))
        {
            editor.Outputs.Add(tensors[output]);
        }

        editor.RemoveDead();
        Graph graph = editor.ToGraph();
        GraphVerifier.Verify(graph);
        return graph;
    }

    /// <summary>The node as the file has it, in ONNX Runtime.</summary>
    public Tensor[] RunSource(IEnumerable<TensorType> types) => OnnxOracle.Run(Source([.. types]), _values);

    /// <summary>The lifted IR in ONNX Runtime.</summary>
    public Tensor[] RunLifted(Graph graph)
    {
        // A graph output that is a constant or an input needs no node.
        string[] computed = [.. graph.Outputs.Where(o => graph.Producer(o) is not null).Distinct()];
        var results = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        if (computed.Length > 0)
        {
            Tensor[] values = OnnxOracle.Run(new OnnxEmitter(graph).Emit(computed), _values);
            for (int i = 0; i < computed.Length; i++)
            {
                results[computed[i]] = values[i];
            }
        }

        return [.. graph.Outputs.Select(o => graph[o].Constant ?? (results.TryGetValue(o, out Tensor? v) ? v : _values[o]))];
    }

    /// <summary>Lifts and compares every output: shapes are equal, values within the tolerance relative to the largest one.</summary>
    public Graph AssertSame(double tolerance = 1e-6)
    {
        Graph graph = Lift();
        Tensor[] lifted = RunLifted(graph);
        Tensor[] expected = RunSource(graph.Outputs.Select(o => new TensorType(graph[o].Type, graph[o].Shape)));
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].Shape, lifted[i].Shape);
            Close(expected[i].ToFloats(), lifted[i].ToFloats(), tolerance);
        }

        return graph;
    }

    /// <summary>Asserts that two arrays agree within a tolerance relative to the largest expected magnitude.</summary>
    public static void Close(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = expected.Where(float.IsFinite).Select(v => (double)Math.Abs(v)).DefaultIfEmpty(0).Max();
        for (int i = 0; i < expected.Length; i++)
        {
            if (expected[i] != actual[i])
            {
                Assert.True(Math.Abs((double)expected[i] - actual[i]) <= tolerance * Math.Max(largest, 1e-30), $"element {i}: expected {expected[i]}, found {actual[i]}");
            }
        }
    }

    private SourceGraph Source(ImmutableArray<TensorType> types)
    {
        string[] outs = [.. Enumerable.Range(0, outputs).Select(i => $"out{i}")];
        var node = new SourceNode("node", opType, [.. _names], [.. outs], _attributes) { Domain = domain };
        ImmutableDictionary<string, int> versions = ImmutableDictionary<string, int>.Empty.Add("", opset);
        return new SourceGraph(
            "test",
            framework,
            [.. _values.Select(v => new SourceTensor(v.Key, v.Value.Type, v.Value.Shape.Dimensions))],
            [.. outs.Take(types.Length).Select((o, i) => new SourceTensor(o, types[i].Type, types[i].Shape.Dimensions))],
            [node],
            _constants)
        {
            OpsetVersions = domain.Length == 0 ? versions : versions.Add(domain, 1),
        };
    }
}
