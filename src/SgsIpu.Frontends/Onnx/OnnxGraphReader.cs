using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Frontends.Onnx.Proto;

namespace SgsIpu.Frontends.Onnx;

/// <summary>Decodes one GraphProto.</summary>
internal sealed class OnnxGraphReader(OnnxTensorReader tensors, string path)
{
    public SourceGraph Read(Proto.Graph graph, ImmutableDictionary<string, int> opsets)
    {
        var constants = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (TensorData initializer in graph.Initializer)
        {
            constants[initializer.Name] = tensors.Read(initializer, initializer.Name);
        }

        if (graph.SparseInitializer.Count > 0)
        {
            throw Error("OnnxSparse", "sparse initializers are not supported", graph.SparseInitializer[0].Values?.Name, IpuErrorKind.NotSupported);
        }

        var nodes = new List<SourceNode>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (Proto.Node node in graph.Node)
        {
            SourceNode decoded = Decode(node, opsets, names);
            if (decoded is { OpType: "Constant", Domain: "" } && ConstantOf(decoded) is { } value)
            {
                constants[decoded.Outputs[0]] = value;
            }
            else
            {
                nodes.Add(decoded);
            }
        }

        return new SourceGraph(
            graph.Name.Length > 0 ? graph.Name : Path.GetFileNameWithoutExtension(path),
            Framework.Onnx,
            [.. graph.Input.Where(i => !constants.ContainsKey(i.Name)).Select(Declaration)],
            [.. graph.Output.Select(Declaration)],
            Sorted(nodes),
            constants)
        {
            OpsetVersions = opsets,
            Declared = graph.ValueInfo.DistinctBy(v => v.Name).Where(v => v.Type?.ValueCase == Proto.Type.ValueOneofCase.TensorType).ToDictionary(v => v.Name, Declaration),
            Path = path,
        };
    }

    private SourceNode Decode(Proto.Node node, ImmutableDictionary<string, int> opsets, HashSet<string> names)
    {
        string wanted = node.Name.Length > 0 ? node.Name : $"{node.OpType}_{names.Count}";
        string name = wanted;
        for (int i = 1; !names.Add(name); i++)
        {
            name = $"{wanted}_{i}";
        }

        if (node.Output.All(o => o.Length == 0))
        {
            throw Error("OnnxDamaged", $"node '{name}' ({node.OpType}) has no output", name);
        }

        var attributes = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (Proto.Attribute attribute in node.Attribute)
        {
            attributes[attribute.Name] = Value(attribute, opsets, name);
        }

        return new SourceNode(name, node.OpType, [.. node.Input], [.. node.Output], attributes) { Domain = node.Domain == "ai.onnx" ? "" : node.Domain };
    }

    private object Value(Proto.Attribute attribute, ImmutableDictionary<string, int> opsets, string node) => attribute.Kind switch
    {
        Proto.Attribute.Types.Kind.Float => attribute.F,
        Proto.Attribute.Types.Kind.Int => attribute.I,
        Proto.Attribute.Types.Kind.String => attribute.S.ToStringUtf8(),
        Proto.Attribute.Types.Kind.Tensor => tensors.Read(attribute.T ?? new TensorData(), $"{node}.{attribute.Name}"),
        Proto.Attribute.Types.Kind.Graph => Read(attribute.G ?? new Proto.Graph(), opsets),
        Proto.Attribute.Types.Kind.Floats => attribute.Floats.ToArray(),
        Proto.Attribute.Types.Kind.Ints => attribute.Ints.ToArray(),
        Proto.Attribute.Types.Kind.Strings => attribute.Strings.Select(s => s.ToStringUtf8()).ToArray(),
        _ => throw Error("OnnxAttribute", $"node '{node}': attribute '{attribute.Name}' is of kind {attribute.Kind}, which is not supported", node, IpuErrorKind.NotSupported),
    };

    private static Tensor? ConstantOf(SourceNode node) =>
        node.Tensor("value")
        ?? (node.Has("value_float") ? Tensor.Scalar(node.Float("value_float", 0)) : null)
        ?? (node.Has("value_int") ? Tensor.Scalar(node.Int("value_int", 0)) : null)
        ?? (node.Floats("value_floats") is { } floats ? Tensor.FromArray<float>(floats, new Shape(floats.Length)) : null)
        ?? (node.Ints("value_ints") is { } ints ? Tensor.FromArray<long>(ints, new Shape(ints.Length)) : null);

    private SourceTensor Declaration(ValueInfo value)
    {
        if (value.Type is null || value.Type.ValueCase == Proto.Type.ValueOneofCase.None)
        {
            return new SourceTensor(value.Name, DataType.Float32, default);
        }

        if (value.Type.ValueCase != Proto.Type.ValueOneofCase.TensorType)
        {
            throw Error("OnnxType", $"'{value.Name}' is no tensor but a {value.Type.ValueCase}", value.Name, IpuErrorKind.NotSupported);
        }

        Proto.Type.Types.OfTensor tensor = value.Type.TensorType;
        DataType type = tensor.ElemType == 0 ? DataType.Float32 : OnnxTypes.FromOnnx(tensor.ElemType)
            ?? throw Error("OnnxType", $"'{value.Name}' has elements of {OnnxTypes.NameOf(tensor.ElemType)}, which are not supported", value.Name, IpuErrorKind.NotSupported);
        return new SourceTensor(value.Name, type, tensor.Shape is null ? default : [.. tensor.Shape.Dim.Select(Dimension)]);
    }

    private static int Dimension(TensorShape.Types.Dimension d) =>
        d.ValueCase == TensorShape.Types.Dimension.ValueOneofCase.DimValue && d.DimValue is > 0 and <= int.MaxValue ? (int)d.DimValue : -1;

    /// <summary>Execution order; most files have it already.</summary>
    private ImmutableArray<SourceNode> Sorted(List<SourceNode> nodes)
    {
        var producers = new Dictionary<string, SourceNode>(StringComparer.Ordinal);
        foreach (SourceNode node in nodes)
        {
            foreach (string output in node.Outputs.Where(o => o.Length > 0))
            {
                if (!producers.TryAdd(output, node))
                {
                    throw Error("OnnxDuplicate", $"'{output}' is computed by nodes '{producers[output].Name}' and '{node.Name}'", output);
                }
            }
        }

        var sorted = ImmutableArray.CreateBuilder<SourceNode>(nodes.Count);
        var missing = nodes.ToDictionary(n => n, n => n.Inputs.Distinct().Count(producers.ContainsKey));
        var readers = nodes.SelectMany(n => n.Inputs.Distinct().Where(producers.ContainsKey).Select(i => (i, n))).ToLookup(p => p.i, p => p.n);
        var order = nodes.Select((n, i) => (n, i)).ToDictionary(p => p.n, p => p.i);
        var ready = new PriorityQueue<SourceNode, int>(nodes.Where(n => missing[n] == 0).Select(n => (n, order[n])));
        while (ready.TryDequeue(out SourceNode? node, out _))
        {
            sorted.Add(node);
            foreach (SourceNode reader in node.Outputs.Where(o => o.Length > 0).SelectMany(o => readers[o]))
            {
                if (--missing[reader] == 0)
                {
                    ready.Enqueue(reader, order[reader]);
                }
            }
        }

        return sorted.Count == nodes.Count
            ? sorted.MoveToImmutable()
            : throw Error("OnnxCycle", $"node '{nodes.Except(sorted).First().Name}' depends on its own output", nodes.Except(sorted).First().Name);
    }

    private IpuException Error(string id, string message, string? target, IpuErrorKind kind = IpuErrorKind.InvalidFile) =>
        new(id, $"{Path.GetFileName(path)}: {message}", kind) { Target = target };
}
