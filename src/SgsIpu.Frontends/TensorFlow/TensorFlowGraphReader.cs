using System.Collections.Immutable;
using Google.Protobuf;
using SgsIpu.Core;
using SgsIpu.Frontends.TensorFlow.Proto;

namespace SgsIpu.Frontends.TensorFlow;

/// <summary>Decodes a GraphDef.</summary>
internal sealed class TensorFlowGraphReader(string path)
{
    /// <summary>What runs for its effect; nothing of it is an output of the model.</summary>
    private static readonly HashSet<string> Effects =
    [
        "Assert", "Assign", "AudioSummary", "AudioSummaryV2", "Const", "HistogramSummary", "ImageSummary", "MergeSummary", "NoOp", "Placeholder",
        "PrintV2", "RestoreV2", "SaveV2", "ScalarSummary", "ShardedFilename", "TensorSummary", "TensorSummaryV2", "WriteFile",
    ];

    private readonly TensorFlowTensorReader _tensors = new();
    private readonly Dictionary<string, Tensor> _constants = new(StringComparer.Ordinal);
    private readonly List<SourceTensor> _inputs = [];
    private readonly List<SourceNode> _nodes = [];

    /// <summary>Number of outputs of each node that are read, or known of.</summary>
    private readonly Dictionary<string, int> _outputCounts = new(StringComparer.Ordinal);

    public SourceGraph Read(GraphDef graph)
    {
        ImmutableArray<RawNode> sorted = NodeOrder.Sort(graph.Node, path);
        foreach (string input in sorted.SelectMany(n => n.Inputs))
        {
            string node = RawNode.NodeOf(input);
            int index = node.Length == input.Length ? 0 : int.Parse(input.AsSpan(node.Length + 1), System.Globalization.CultureInfo.InvariantCulture);
            _outputCounts[node] = Math.Max(_outputCounts.GetValueOrDefault(node), index + 1);
        }

        var branches = new Branches();
        foreach (RawNode node in sorted)
        {
            if (branches.Enter(node, out string? source, out int output))
            {
                Add(node, source, output);
            }
        }

        return new SourceGraph(Path.GetFileNameWithoutExtension(path), Framework.TensorFlow, [.. _inputs], Outputs(graph), [.. _nodes], _constants) { Path = path };
    }

    private void Add(RawNode node, string? source, int output)
    {
        if (source is not null)
        {
            _nodes.Add(new SourceNode(node.Name, "Identity", [source], [RawNode.Output(node.Name, output)], ImmutableDictionary<string, object>.Empty));
            return;
        }

        if (node.Op == "Const" && node.Attribute("value")?.Tensor is { Dtype: not TensorFlowTypes.String } value)
        {
            _constants[node.Name] = _tensors.Read(value, node.Name);
            return;
        }

        if (IsInput(node) && TensorFlowTypes.FromTensorFlow(node.Attribute("dtype")?.Type ?? 0) is { } type)
        {
            _inputs.Add(new SourceTensor(node.Name, type, Dimensions(node.Attribute("shape")?.Shape)));
            return;
        }

        var attributes = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach ((string name, AttrValue attribute) in node.Definition.Attr)
        {
            if (!name.StartsWith('_') && Value(attribute, node) is { } decoded)
            {
                attributes[name] = decoded;
            }
        }

        int count = Math.Max(Declared(node), _outputCounts.GetValueOrDefault(node.Name));
        _nodes.Add(new SourceNode(node.Name, node.Op, node.Inputs, [.. Enumerable.Range(0, count).Select(i => RawNode.Output(node.Name, i))], attributes));
    }

    /// <summary>A number with a default is a switch of the training (a dropout's rate, say) and keeps it; anything larger is data.</summary>
    private static bool IsInput(RawNode node) => node.Op switch
    {
        "Placeholder" => true,
        "PlaceholderWithDefault" => node.Attribute("shape")?.Shape is { UnknownRank: false, Dim.Count: > 0 } && node.Attribute("dtype")?.Type != TensorFlowTypes.String,
        _ => false,
    };

    /// <summary>Placeholders without a shape were left by old versions as a shape of no dimension; scalars cannot be told from them.</summary>
    private static ImmutableArray<int> Dimensions(TensorShape? shape) => shape is null or { UnknownRank: true } or { Dim.Count: 0 }
        ? default
        : [.. shape.Dim.Select(d => d.Size is > 0 and <= int.MaxValue ? (int)d.Size : -1)];

    /// <summary>Outputs that the attributes tell of.</summary>
    private static int Declared(RawNode node) => node.Op switch
    {
        "Split" or "SplitV" => Bounded(node.Attribute("num_split")?.I),
        "Unpack" => Bounded(node.Attribute("num")?.I),
        "IdentityN" => Bounded(node.Attribute("T")?.List?.Type.Count),
        "TopK" or "TopKV2" => 2,
        _ => 1,
    };

    private static int Bounded(long? count) => (int)Math.Clamp(count ?? 1, 1, 1024);

    private object? Value(AttrValue attribute, RawNode node) => attribute.ValueCase switch
    {
        AttrValue.ValueOneofCase.S => attribute.S.ToStringUtf8(),
        AttrValue.ValueOneofCase.I => attribute.I,
        AttrValue.ValueOneofCase.F => attribute.F,
        AttrValue.ValueOneofCase.B => attribute.B,
        AttrValue.ValueOneofCase.Type => TypeName(attribute.Type),
        AttrValue.ValueOneofCase.Shape => attribute.Shape.UnknownRank ? null : attribute.Shape.Dim.Select(d => d.Size).ToArray(),
        AttrValue.ValueOneofCase.Tensor when attribute.Tensor.Dtype != TensorFlowTypes.String => _tensors.Read(attribute.Tensor, node.Name),
        AttrValue.ValueOneofCase.List => attribute.List switch
        {
            { I.Count: > 0 } list => list.I.ToArray(),
            { F.Count: > 0 } list => list.F.ToArray(),
            { S.Count: > 0 } list => list.S.Select(s => s.ToStringUtf8()).ToArray(),
            { Type.Count: > 0 } list => list.Type.Select(TypeName).ToArray(),
            { B.Count: > 0 } list => list.B.Select(b => b ? 1L : 0).ToArray(),
            _ => Array.Empty<long>(),
        },
        _ => null,
    };

    /// <summary>The tool chain's name of an element type; the format's where it has none.</summary>
    private static string TypeName(int type) => TensorFlowTypes.FromTensorFlow(type)?.ToString() ?? TensorFlowTypes.NameOf(type);

    /// <summary>What depends on an input and is read by nothing, in the order of the file.</summary>
    private ImmutableArray<SourceTensor> Outputs(GraphDef graph)
    {
        HashSet<string> read = [.. _nodes.Where(n => !n.OpType.Contains("Summary", StringComparison.Ordinal)).SelectMany(n => n.Inputs).Select(RawNode.NodeOf)];
        HashSet<string> data = [.. _inputs.Select(i => i.Name)];
        foreach (SourceNode node in _nodes.Where(n => n.OpType == "Placeholder" || n.Inputs.Any(data.Contains)))
        {
            data.UnionWith(node.Outputs);
        }

        Dictionary<string, SourceNode> ends = _nodes.Where(n => !read.Contains(n.Name) && !Effects.Contains(n.OpType) && n.Outputs.Any(data.Contains))
            .ToDictionary(n => n.Name, StringComparer.Ordinal);
        ImmutableArray<SourceTensor> outputs =
        [
            .. graph.Node.Where(n => ends.ContainsKey(n.Name)).SelectMany(n => ends[n.Name].Outputs).Select(o => new SourceTensor(o, DataType.Float32, default)),
        ];
        return outputs.Length > 0
            ? outputs
            : throw new IpuException("TensorFlowDamaged", $"{Path.GetFileName(path)}: the graph computes nothing from an input; it is damaged or no model") { Target = path };
    }
}
