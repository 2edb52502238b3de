using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// Builds the ONNX form of a float graph for execution and export. Each IR tensor of rank 4 may live in two forms: native (NHWC, the
/// IR's own order) and channels-first (NCHW); a transpose is emitted only where a form is asked for that does not exist yet.
/// </summary>
public sealed class OnnxEmitter(Graph graph)
{
    /// <summary>Version of the ONNX operator set that is emitted.</summary>
    public const int Opset = 21;

    /// <summary>Bytes of a constant whose copies are worth avoiding.</summary>
    public const int LargeBytes = 64 << 10;

    /// <summary>Rows and columns of the part of a large image, at least; less than twice as many.</summary>
    private const int PartSide = 7;

    /// <summary>Images of fewer pixels are handed out whole.</summary>
    private const int LeastPixels = 4 * PartSide * PartSide;

    /// <summary>ONNX Runtime blocks this many channels, or a multiple.</summary>
    private const int BlockedChannels = 8;

    private static readonly ImmutableArray<int> ToFirst = [0, 3, 1, 2];
    private static readonly ImmutableArray<int> ToLast = [0, 2, 3, 1];

    private readonly Dictionary<string, string> _native = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _first = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tensor> _constants = new(StringComparer.Ordinal);
    private readonly List<SourceNode> _nodes = [];
    private int _fresh;

    /// <summary>
    /// Float constants that are written as integers with a DequantizeLinear: values, one scale or one for each index of a dimension, and
    /// that dimension (−1 for one scale).
    /// </summary>
    public IReadOnlyDictionary<string, (Tensor Value, double[] Scale, int Axis)> IntegerConstants { get; init; } = ImmutableDictionary<string, (Tensor, double[], int)>.Empty;

    /// <summary>
    /// True where a session runs the graph at once: large constants are then transposed by the session itself, which lets go of them where it packs
    /// them in a form of its own.
    /// </summary>
    public bool ForSession { get; init; }

    /// <summary>Emits every node that the given tensors need and returns the ONNX graph; outputs are in native form.</summary>
    /// <param name="outputs">Tensors to return, by name.</param>
    public SourceGraph Emit(IReadOnlyList<string> outputs)
    {
        EmitNodes(outputs);
        var declared = new List<SourceTensor>();
        foreach (string output in outputs)
        {
            string value = Native(output);
            if (value != output)
            {
                Add("Identity", [value], [output]);
            }

            declared.Add(Declare(output));
        }

        return ToSource(declared);
    }

    /// <summary>As <see cref="Emit"/>, but returns each tensor in the form that it lives in, so that looking at it costs no transpose.</summary>
    /// <param name="channelsFirst">True for each tensor that comes as NCHW.</param>
    public SourceGraph EmitObserved(IReadOnlyList<string> tensors, out bool[] channelsFirst)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        EmitNodes(tensors);
        channelsFirst = [.. tensors.Select(LivesChannelsFirst)];
        var declared = new List<SourceTensor>();
        for (int i = 0; i < tensors.Count; i++)
        {
            string tensor = tensors[i];
            declared.Add(channelsFirst[i]
                ? new SourceTensor(_first[tensor], graph[tensor].Type, graph[tensor].Shape.Permute(ToFirst.AsSpan()).Dimensions)
                : Declare(tensor) with { Name = Native(tensor) });
        }

        return ToSource(declared);
    }

    /// <summary>
    /// As <see cref="Emit"/>, but returns of each tensor what a statistician asks for, in the form that it lives in, so that looking at it
    /// costs no transpose. Of large images it is the extremes of each channel and an evenly spaced part: pooling them is far cheaper than handing
    /// out everything, because ONNX Runtime keeps images in a blocked layout that only pooling reads as it is.
    /// </summary>
    /// <param name="tensors">In the order of execution.</param>
    /// <param name="nonNegative">True for tensors without values below 0, whose least value is not asked for.</param>
    /// <param name="handed">Tensors to return as they are, in native form, behind all summaries.</param>
    /// <param name="values">What there is in the outputs of the graph: of every tensor either all values or a part and its summaries.</param>
    public SourceGraph EmitSummaries(IReadOnlyList<string> tensors, IReadOnlyList<string> handed, Func<string, bool> nonNegative, out ImmutableArray<ObservedValue> values)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(nonNegative);
        ArgumentNullException.ThrowIfNull(handed);
        EmitNodes([.. tensors, .. handed]);
        var seen = ImmutableArray.CreateBuilder<ObservedValue>();
        var declared = new List<SourceTensor>();
        var joins = new Stack<(string[] Values, string Output)>();
        foreach (string tensor in tensors)
        {
            Shape shape = graph[tensor].Shape;
            if (!LivesChannelsFirst(tensor))
            {
                seen.Add(new ObservedValue(tensor, ObservedKind.All, checked((int)shape.Count), Inner: 1, declared.Count, Start: 0));
                declared.Add(new SourceTensor(Native(tensor), graph[tensor].Type, shape.Dimensions));
                continue;
            }

            int start = 0;
            var joined = new List<string>();
            foreach ((ObservedKind kind, string value, Shape part) in Summaries(tensor, nonNegative(tensor)))
            {
                seen.Add(new ObservedValue(tensor, kind, checked((int)part.Count), part[2] * part[3], declared.Count, start));
                start += (int)part.Count;
                joined.Add(part[2] * part[3] == 1 ? value : Add("Reshape", [value, Constant([1, part.Count, 1, 1], "shape")], tensor + "/column"));
            }

            string output = Fresh(tensor + "/summary");
            joins.Push(([.. joined], output));
            declared.Add(new SourceTensor(output, DataType.Float32, [1, start, 1, 1]));
        }

        foreach (string tensor in handed)
        {
            string output = Fresh(tensor + "/handed");
            Add("Identity", [Native(tensor)], [output]);
            declared.Add(Declare(tensor) with { Name = output });
        }

        // ONNX Runtime walks back from the last node that nothing reads: it then summarizes each tensor while it is in the cache, and before its
        // memory is needed. Nodes that it adds to undo the blocked layout come after all others, and hence never end a graph here.
        foreach ((string[] parts, string output) in joins)
        {
            Add("Concat", parts, [output], ("axis", 1L));
        }

        values = seen.ToImmutable();
        return ToSource(declared);
    }

    public TensorSpec Spec(string tensor) => graph[tensor];

    /// <summary>The ONNX value with the dimensions in the IR's order.</summary>
    public string Native(string tensor)
    {
        if (tensor.Length == 0)
        {
            return "";
        }

        if (_native.TryGetValue(tensor, out string? value))
        {
            return value;
        }

        if (IntegerConstants.TryGetValue(tensor, out (Tensor Value, double[] Scale, int Axis) integers))
        {
            return _native[tensor] = Dequantized(tensor, integers.Value, integers.Scale, integers.Axis);
        }

        if (graph[tensor].Constant is { } constant)
        {
            _constants[tensor] = constant;
            return _native[tensor] = tensor;
        }

        string native = Fresh(tensor);
        Add("Transpose", [_first[tensor]], [native], ("perm", Longs(ToLast)));
        return _native[tensor] = native;
    }

    /// <summary>The ONNX value with the channels before the image: NCHW for an NHWC tensor of rank 4.</summary>
    public string ChannelsFirst(string tensor)
    {
        if (_first.TryGetValue(tensor, out string? value))
        {
            return value;
        }

        if (IntegerConstants.TryGetValue(tensor, out (Tensor Value, double[] Scale, int Axis) integers))
        {
            return _first[tensor] = Dequantized(tensor, integers.Value.Transpose(ToFirst.AsSpan()), integers.Scale, integers.Axis < 0 ? -1 : ToFirst.IndexOf(integers.Axis));
        }

        return _first[tensor] = Transposed(tensor, tensor + "/nchw", ToFirst.AsSpan());
    }

    /// <summary>The ONNX value with other dimensions; see <see cref="Shape.Permute"/>.</summary>
    public string Transposed(string tensor, string hint, params ReadOnlySpan<int> permutation) =>
        graph[tensor].Constant is { } constant && !(ForSession && constant.Memory.Length >= LargeBytes)
            ? Constant(constant.Transpose(permutation), hint)
            : Add("Transpose", [Native(tensor)], hint, ("perm", Longs(permutation.ToArray())));

    /// <summary>Declares that the node being emitted computes the tensor in native order, and names the ONNX value.</summary>
    public string DefineNative(string tensor) => _native[tensor] = tensor;

    /// <summary>Declares that the node being emitted computes the tensor channels-first, and names the ONNX value.</summary>
    public string DefineChannelsFirst(string tensor)
    {
        string name = tensor + "/nchw";
        return _first[tensor] = graph.Tensors.ContainsKey(name) ? Fresh(name) : name;
    }

    /// <summary>True where only the channels-first form exists yet.</summary>
    public bool LivesChannelsFirst(string tensor) => _first.ContainsKey(tensor) && !_native.ContainsKey(tensor) && !graph[tensor].IsConstant;

    /// <summary>
    /// The inputs of an operator that works element by element with NumPy broadcasting, all in one form: channels-first if one of them
    /// lives there, else native. <paramref name="output"/> is the value to write.
    /// </summary>
    public string[] Elementwise(Node node, out string output)
    {
        ArgumentNullException.ThrowIfNull(node);
        bool first = graph[node.Outputs[0]].Shape.Rank == 4 && node.Inputs.Any(i => i.Length > 0 && LivesChannelsFirst(i));
        output = first ? DefineChannelsFirst(node.Outputs[0]) : DefineNative(node.Outputs[0]);
        return [.. node.Inputs.Select(i => first ? BroadcastFirst(i) : Native(i))];
    }

    /// <summary>Adds an initializer.</summary>
    public string Constant(Tensor value, string hint)
    {
        string name = Fresh(hint);
        _constants[name] = value;
        return name;
    }

    /// <summary>Adds an INT64 vector initializer: shapes, axes, pads.</summary>
    public string Constant(ReadOnlySpan<long> values, string hint) => Constant(Tensor.FromArray(values, new Shape(values.Length)), hint);

    /// <summary>Adds a node of the ONNX operator set; absent optional inputs are "".</summary>
    public void Add(string opType, IEnumerable<string> inputs, IEnumerable<string> outputs, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        var map = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach ((string name, object value) in attributes)
        {
            map[name] = value;
        }

        _nodes.Add(new SourceNode($"{opType}_{_nodes.Count}", opType, [.. inputs], [.. outputs], map));
    }

    /// <summary>Adds a node with one output that nothing else names, and returns that output.</summary>
    public string Add(string opType, IEnumerable<string> inputs, string hint, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        string output = Fresh(hint);
        Add(opType, inputs, [output], attributes);
        return output;
    }

    public static long[] Longs(IEnumerable<int> values) => [.. values.Select(v => (long)v)];

    /// <summary>Where dimension <paramref name="axis"/> of an NHWC tensor stands channels-first.</summary>
    public static long FirstAxis(int axis) => ToFirst.IndexOf(axis);

    private string Dequantized(string tensor, Tensor value, double[] scale, int axis)
    {
        string integers = Constant(value, tensor + "/integers");
        string scales = Constant(axis < 0 ? Tensor.Scalar((float)scale[0]) : Tensor.FromArray<float>([.. scale.Select(s => (float)s)], scale.Length), tensor + "/scale");
        return axis < 0
            ? Add("DequantizeLinear", [integers, scales], tensor)
            : Add("DequantizeLinear", [integers, scales], tensor, ("axis", (long)axis));
    }

    private string BroadcastFirst(string tensor)
    {
        if (tensor.Length == 0)
        {
            return "";
        }

        TensorSpec spec = graph[tensor];
        if (spec.Shape.Rank == 4)
        {
            return ChannelsFirst(tensor);
        }

        if (spec.Shape.Count == 1)
        {
            return Native(tensor);
        }

        var full = new int[4];
        full.AsSpan().Fill(1);
        spec.Shape.AsSpan().CopyTo(full.AsSpan(4 - spec.Shape.Rank));
        if (spec.Constant is { } constant)
        {
            return Constant(constant.Reshape(new Shape(full)).Transpose(ToFirst.AsSpan()), tensor + "/nchw");
        }

        string reshaped = Add("Reshape", [Native(tensor), Constant(Longs(full), "shape")], tensor + "/rank4");
        return Add("Transpose", [reshaped], tensor + "/nchw", ("perm", Longs(ToFirst)));
    }

    /// <summary>What is asked of an image, channels first.</summary>
    private IEnumerable<(ObservedKind Kind, string Value, Shape Shape)> Summaries(string tensor, bool nonNegative)
    {
        Shape shape = graph[tensor].Shape;
        string value = _first[tensor];
        if (shape[1] * shape[2] < LeastPixels || shape[3] % BlockedChannels != 0 || shape[0] != 1)
        {
            yield return (ObservedKind.All, value, shape.Permute(ToFirst.AsSpan()));
            yield break;
        }

        var one = new Shape(1, shape[3], 1, 1);
        string picked = Pick(value, tensor, shape, out Shape part);
        yield return (ObservedKind.Part, picked, part);
        yield return (ObservedKind.Maximum, Add("GlobalMaxPool", [value], tensor + "/max"), one);
        yield return (ObservedKind.Mean, Add("GlobalAveragePool", [value], tensor + "/mean"), one);
        if (!nonNegative)
        {
            var minus = new float[shape[3]];
            Array.Fill(minus, -1);
            string weights = Constant(Tensor.FromArray<float>(minus, new Shape(shape[3], 1, 1, 1)), tensor + "/minus");
            string negated = Add("Conv", [value, weights], tensor + "/negated", ("group", (long)shape[3]), ("kernel_shape", Longs([1, 1])));
            yield return (ObservedKind.NegatedMinimum, Add("GlobalMaxPool", [negated], tensor + "/min"), one);
        }
    }

    /// <summary>
    /// Evenly spaced pixels, the first half a step from the border, where padding makes pixels unlike the others. A depthwise convolution
    /// takes them, since it reads the blocked layout and its dilation reaches half a step.
    /// </summary>
    private string Pick(string value, string tensor, Shape shape, out Shape part)
    {
        int[] strides = [Math.Max(1, shape[1] / PartSide), Math.Max(1, shape[2] / PartSide)];
        int[] first = [strides[0] / 2, strides[1] / 2];
        int[] kernel = [first[0] > 0 ? 2 : 1, first[1] > 0 ? 2 : 1];
        int taps = kernel[0] * kernel[1];
        var last = new float[shape[3] * taps];
        for (int i = taps - 1; i < last.Length; i += taps)
        {
            last[i] = 1;
        }

        string weights = Constant(Tensor.FromArray<float>(last, new Shape(shape[3], 1, kernel[0], kernel[1])), tensor + "/last");
        part = new Shape(1, shape[3], ((shape[1] - 1 - first[0]) / strides[0]) + 1, ((shape[2] - 1 - first[1]) / strides[1]) + 1);
        return Add(
            "Conv",
            [value, weights],
            tensor + "/part",
            ("group", (long)shape[3]),
            ("kernel_shape", Longs(kernel)),
            ("dilations", Longs(first.Select(f => Math.Max(f, 1)))),
            ("strides", Longs(strides)));
    }

    private void EmitNodes(IReadOnlyList<string> outputs)
    {
        foreach (string input in graph.Inputs)
        {
            _native[input] = input;
        }

        foreach (Node node in Needed(outputs))
        {
            ((IpuOperator)node.Op).EmitOnnx(this, node);
        }
    }

    private SourceGraph ToSource(IEnumerable<SourceTensor> outputs) =>
        new(graph.Name, Framework.Onnx, [.. graph.Inputs.Select(Declare)], [.. outputs], [.. _nodes], _constants)
        {
            OpsetVersions = ImmutableDictionary<string, int>.Empty.Add("", Opset),
        };

    private SourceTensor Declare(string tensor) => new(tensor, graph[tensor].Type, graph[tensor].Shape.Dimensions);

    private IEnumerable<Node> Needed(IReadOnlyList<string> outputs)
    {
        var wanted = new HashSet<string>(outputs, StringComparer.Ordinal);
        var needed = new HashSet<Node>(ReferenceEqualityComparer.Instance);
        foreach (Node node in graph.Nodes.Reverse())
        {
            if (node.Outputs.Any(wanted.Contains))
            {
                needed.Add(node);
                wanted.UnionWith(node.Inputs.Where(i => i.Length > 0));
            }
        }

        return graph.Nodes.Where(needed.Contains);
    }

    private string Fresh(string hint) => $"{hint}#{_fresh++}";
}
