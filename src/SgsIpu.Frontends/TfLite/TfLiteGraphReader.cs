using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Frontends.TfLite;

/// <summary>Decodes the first subgraph of a TFLite model; others are bodies of control flow, or further entry points.</summary>
internal sealed class TfLiteGraphReader(string path, ReadOnlyMemory<byte> file)
{
    private const long SchemaVersion = 3;

    private readonly TfLiteTensorReader _reader = new(file.Length);
    private readonly Dictionary<string, Tensor> _constants = new(StringComparer.Ordinal);
    private readonly HashSet<int> _computed = [];
    private readonly List<SourceNode> _nodes = [];
    private RawTensor[] _tensors = [];

    private sealed record Code(string Op, bool IsCustom);

    public SourceGraph Read()
    {
        FlatTable root = FlatTable.Root(file);
        if (root.UInt(0) != SchemaVersion)
        {
            throw Error("TfLiteVersion", $"the file has schema version {root.UInt(0)}; version {SchemaVersion} is read", path, IpuErrorKind.NotSupported);
        }

        FlatTable[] graphs = root.Tables(2);
        if (graphs.Length == 0)
        {
            throw Damaged("it holds no subgraph");
        }

        ReadOnlyMemory<byte>[] buffers = [.. root.Tables(4).Select(b => Content(b, 1, 2) ?? b.Bytes(0))];
        _tensors = Tensors(graphs[0].Tables(0), buffers);
        Code[] codes = [.. root.Tables(1).Select(CodeOf)];
        int[] inputs = graphs[0].Ints(1);
        _computed.UnionWith(inputs);
        FlatTable[] operators = graphs[0].Tables(3);
        RefuseControlFlow(operators, codes);
        RefuseQuantized(operators, codes, inputs);
        foreach (FlatTable op in operators)
        {
            Add(op, Of(codes, op.UInt(0), "operator code"));
        }

        int[] outputs = graphs[0].Ints(2);
        foreach (int output in outputs.Where(o => !_computed.Contains(o)))
        {
            Constant(Of(_tensors, output, "tensor"));
        }

        return new SourceGraph(
            graphs[0].Text(4) is { Length: > 0 } name ? name : Path.GetFileNameWithoutExtension(path),
            Framework.TfLite,
            [.. inputs.Select(i => Declaration(Of(_tensors, i, "tensor")))],
            [.. outputs.Select(o => Declaration(Of(_tensors, o, "tensor")))],
            [.. _nodes],
            _constants)
        {
            Path = path,
            Declared = _tensors.Where(t => TfLiteTypes.FromTfLite(t.Type) is not null).ToDictionary(t => t.Name, Declaration, StringComparer.Ordinal),
        };
    }

    /// <summary>Tensors need no name of their own in a file, or share one.</summary>
    private static RawTensor[] Tensors(FlatTable[] tables, ReadOnlyMemory<byte>[] buffers)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        return
        [
            .. tables.Select((t, i) =>
            {
                string name = t.Text(3) is { Length: > 0 } own ? own : $"tensor{i}";
                string unique = name;
                for (int suffix = i; !taken.Add(unique); suffix++)
                {
                    unique = $"{name}_{suffix}";
                }

                return RawTensor.Read(t, unique, Of(buffers, t.UInt(2), "buffer"));
            }),
        ];
    }

    private static T Of<T>(T[] all, long index, string what) =>
        index >= 0 && index < all.Length ? all[index] : throw new IpuException("TfLiteDamaged", $"{what} {index} is asked for; there are {all.Length}");

    /// <summary>What a file of more than 2 GB has behind the FlatBuffer; null where the table has it.</summary>
    private ReadOnlyMemory<byte>? Content(FlatTable table, int offsetField, int sizeField)
    {
        long offset = table.Long(offsetField);
        long size = table.Long(sizeField);
        if (offset is 0 or 1)
        {
            return null;
        }

        return offset > 0 && size >= 0 && offset <= file.Length && size <= file.Length - offset
            ? file.Slice((int)offset, (int)size)
            : throw Damaged($"{size} bytes from {offset} on are outside of the file of {file.Length} bytes");
    }

    /// <summary>Codes from 127 on do not fit the field of old files, which say 127 there.</summary>
    private static Code CodeOf(FlatTable table)
    {
        int code = Math.Max((sbyte)table.Byte(0), table.Int(3));
        return code == BuiltinOperators.Custom ? new Code(table.Text(1), true) : new Code(BuiltinOperators.NameOf(code), false);
    }

    private SourceTensor Declaration(RawTensor raw) => TfLiteTypes.FromTfLite(raw.Type) is { } type
        ? new SourceTensor(raw.Name, type, raw.Declared())
        : throw Unsupported(raw);

    private void RefuseControlFlow(FlatTable[] operators, Code[] codes)
    {
        string[] found = [.. operators.Select(o => Of(codes, o.UInt(0), "operator code")).Where(c => !c.IsCustom && BuiltinOperators.IsControlFlow(c.Op)).Select(c => c.Op)];
        if (found.Length > 0)
        {
            throw Error(
                "TfLiteControlFlow",
                $"the model runs subgraphs by {string.Join(", ", found.Distinct())} ({found.Length}×), and control flow is not supported; export it with loops unrolled and branches decided, or cut it before",
                path,
                IpuErrorKind.NotSupported);
        }
    }

    /// <summary>A model whose activations are integers is quantized already; one with integer weights alone is not.</summary>
    private void RefuseQuantized(FlatTable[] operators, Code[] codes, int[] inputs)
    {
        HashSet<int> activations = [.. inputs, .. operators.SelectMany(o => o.Ints(2))];
        bool IsQuantized(int tensor) => tensor >= 0 && tensor < _tensors.Length && activations.Contains(tensor) && _tensors[tensor].IsQuantized;
        (Code Code, RawTensor Tensor)[] integers =
        [
            .. operators.Select(o => (Code: codes[o.UInt(0)], Tensors: (int[])[.. o.Ints(2), .. o.Ints(1)]))
                .Where(o => o.Code.Op is not ("QUANTIZE" or "DEQUANTIZE") && o.Tensors.Any(IsQuantized))
                .Select(o => (o.Code, _tensors[o.Tensors.First(IsQuantized)])),
        ];
        if (integers.Length > 0)
        {
            (Code code, RawTensor tensor) = integers[0];
            throw Error(
                "TfLiteQuantized",
                $"the model is quantized already: {integers.Length} of {operators.Length} operators compute on integers, first {code.Op} on '{tensor.Name}' "
                + $"({TfLiteTypes.NameOf(tensor.Type)}, {tensor.Scales.Length} scale{(tensor.Scales.Length == 1 ? "" : "s")}); convert the network to TFLite without quantization (float32, float16 or integer weights alone), as calibration here starts from real numbers",
                tensor.Name,
                IpuErrorKind.NotSupported);
        }
    }

    private void Add(FlatTable table, Code code)
    {
        int[] reads = table.Ints(1);
        int[] writes = table.Ints(2);
        string name = writes.Length > 0 ? Of(_tensors, writes[0], "tensor").Name : $"{code.Op}_{_nodes.Count}";
        IpuException Wrong(string what, IpuErrorKind kind) => Error("TfLiteOptions", $"node '{name}' ({code.Op}): {what}", name, kind);
        (Dictionary<string, object> attributes, string? activation) = code.IsCustom
            ? CustomOptions.Read(code.Op, (Content(table, 9, 10) ?? table.Bytes(5)).Span, Wrong)
            : TfLiteOptions.Read(code.Op, table.Table(4), Wrong);
        ImmutableArray<string> inputs = [.. reads.Select(Input)];
        if (!code.IsCustom && code.Op == "DEQUANTIZE" && reads.Length == 1 && _tensors[reads[0]] is { IsQuantized: true } quantized && _computed.Contains(reads[0]))
        {
            attributes["scale"] = quantized.Scales;
            attributes["zero_point"] = quantized.ZeroPoints;
        }

        string[] outputs = new string[writes.Length];
        for (int i = 0; i < writes.Length; i++)
        {
            RawTensor output = Of(_tensors, writes[i], "tensor");
            outputs[i] = _computed.Add(writes[i]) ? output.Name : throw Error("TfLiteDamaged", $"tensor '{output.Name}' is computed twice", output.Name);
        }

        if (activation is null || outputs.Length == 0)
        {
            _nodes.Add(new SourceNode(name, code.Op, inputs, [.. outputs], attributes) { Domain = code.IsCustom ? "custom" : "" });
            return;
        }

        string linear = name + "/linear";
        _nodes.Add(new SourceNode(name, code.Op, inputs, [linear, .. outputs[1..]], attributes) { Domain = code.IsCustom ? "custom" : "" });
        _nodes.Add(new SourceNode(name + "/" + activation, activation, [linear], [outputs[0]], ImmutableDictionary<string, object>.Empty));
    }

    private string Input(int index)
    {
        if (index == -1)
        {
            return "";
        }

        RawTensor tensor = Of(_tensors, index, "tensor");
        if (!_computed.Contains(index))
        {
            Constant(tensor);
        }

        return TfLiteTypes.FromTfLite(tensor.Type) is null ? throw Unsupported(tensor) : tensor.Name;
    }

    /// <summary>What nothing computes has its values in the file. State starts at zero, and a tensor without elements has none.</summary>
    private void Constant(RawTensor tensor)
    {
        if (_constants.ContainsKey(tensor.Name))
        {
            return;
        }

        bool empty = tensor.Data.IsEmpty && TfLiteTensorReader.ShapeOf(tensor).Count > 0;
        _constants[tensor.Name] = !empty ? _reader.Read(tensor)
            : tensor.IsVariable ? _reader.Zeros(tensor)
            : throw Error("MissingTensor", $"tensor '{tensor.Name}' is read, but nothing computes it and it has no values", tensor.Name);
    }

    private IpuException Unsupported(RawTensor tensor) =>
        Error("TfLiteType", $"tensor '{tensor.Name}' has elements of {TfLiteTypes.NameOf(tensor.Type)}, which are not supported; cut the model with -InputNames or -OutputNames", tensor.Name, IpuErrorKind.NotSupported);

    private static IpuException Damaged(string what) => new("TfLiteDamaged", what);

    private IpuException Error(string id, string message, string target, IpuErrorKind kind = IpuErrorKind.InvalidFile) =>
        new(id, $"{Path.GetFileName(path)}: {message}", kind) { Target = target };
}
