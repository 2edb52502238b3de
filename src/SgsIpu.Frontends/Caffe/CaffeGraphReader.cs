using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Frontends.Caffe;

/// <summary>
/// From a network's text to nodes: the layers of the test phase, their parameters as attributes, their weights as attributes
/// <c>blob0</c>, <c>blob1</c>…. A blob that is written more than once (a layer in place) becomes as many tensors, and the last one keeps
/// its name.
/// </summary>
internal sealed class CaffeGraphReader(string path, IReadOnlyDictionary<string, Tensor[]> blobs)
{
    private readonly List<SourceNode> _nodes = [];
    private readonly List<SourceTensor> _inputs = [];
    private readonly List<string> _notes = [];

    /// <summary>The tensor that a blob is at this point of the network.</summary>
    private readonly Dictionary<string, string> _current = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    /// <summary>The layer that writes a blob last.</summary>
    private readonly Dictionary<string, CaffeLayer> _last = new(StringComparer.Ordinal);

    public SourceGraph Read(TextMessage net)
    {
        Note("the network", net, CaffeFields.Net);
        var state = new CaffeState(net);
        CaffeLayer[] layers = [.. net.Fields.Where(f => f.Name is "layer" or "layers").Select((f, i) => CaffeLayer.Read(f, i, path)).Where(l => state.Includes(l.Message))];
        AddDeclaredInputs(net);
        foreach (CaffeLayer layer in layers.Where(l => !l.IsIdle))
        {
            foreach (string top in layer.Tops)
            {
                _last[top] = layer;
            }
        }

        foreach (CaffeLayer layer in layers)
        {
            Add(layer);
        }

        HashSet<string> used = [.. _nodes.SelectMany(n => n.Inputs)];
        ImmutableArray<SourceTensor> outputs = [.. _nodes.SelectMany(n => n.Outputs).Where(o => !_read.Contains(o)).Select(o => new SourceTensor(o, DataType.Float32, default))];
        if (outputs.Length == 0)
        {
            throw Wrong("CaffeEmpty", "it has no layer that computes an output in the test phase");
        }

        string name = net.Text("name") is { Length: > 0 } given ? given : Path.GetFileNameWithoutExtension(path);
        return new SourceGraph(name, Framework.Caffe, [.. _inputs.Where(i => used.Contains(i.Name))], outputs, [.. _nodes], ImmutableDictionary<string, Tensor>.Empty)
        {
            Path = path,
            Notes = [.. _notes],
        };
    }

    /// <summary>Inputs in the forms of before the Input layer: four <c>input_dim</c> each, or a shape each.</summary>
    private void AddDeclaredInputs(TextMessage net)
    {
        string[] names = [.. net.Texts("input")];
        long[] sizes = [.. net.Integers("input_dim")];
        TextMessage[] shapes = [.. net.Messages("input_shape")];
        if (sizes.Length > 0 ? sizes.Length != 4 * names.Length : shapes.Length > 0 && shapes.Length != names.Length)
        {
            throw Wrong("CaffeInput", $"{names.Length} inputs have {sizes.Length} input_dim and {shapes.Length} input_shape; each takes four of the one or one of the other");
        }

        for (int i = 0; i < names.Length; i++)
        {
            AddInput(names[i], sizes.Length > 0 ? sizes[(4 * i)..((4 * i) + 4)] : shapes.Length > 0 ? [.. shapes[i].Integers("dim")] : null);
        }
    }

    private void AddInput(string name, long[]? sizes)
    {
        long count = 1;
        if (sizes is not null && sizes.Any(s => s is < 1 or > int.MaxValue || (count *= s) > int.MaxValue))
        {
            throw Wrong("CaffeInput", $"the shape [{string.Join(", ", sizes)}] of input '{name}' is not possible");
        }

        // A network for deployment says any batch (10 crops of a picture, 64 digits); its weights do not depend on it.
        if (sizes is [> 1, _, var height, var width] && height * width > 1)
        {
            _notes.Add($"input '{name}': the batch of {sizes[0]} is taken as 1; say another with -InputShapes");
            sizes[0] = 1;
        }

        if (!_names.Add(name))
        {
            throw Wrong("CaffeInput", $"it has two inputs '{name}'");
        }

        _current[name] = name;
        _inputs.Add(new SourceTensor(name, DataType.Float32, sizes is null ? default : [.. sizes.Select(s => (int)s)]));
    }

    private void Add(CaffeLayer layer)
    {
        if (layer.IsInput)
        {
            TextMessage[] shapes = [.. layer.Message.Messages("input_param").Concat(layer.Message.Messages("dummy_data_param")).SelectMany(p => p.Messages("shape"))];
            for (int i = 0; i < layer.Tops.Length; i++)
            {
                AddInput(layer.Tops[i], shapes.Length == 0 ? null : [.. shapes[Math.Min(i, shapes.Length - 1)].Integers("dim")]);
            }

            return;
        }

        string[] bottoms = [.. layer.Bottoms.Select(b => Current(layer, b))];
        if (layer.IsTraining)
        {
            _notes.Add($"layer '{layer.Name}' ({layer.Type}) is left out: it only serves training");
            return;
        }

        if (layer.IsIdle)
        {
            return;
        }

        _read.UnionWith(bottoms);
        string[] tops = [.. layer.Tops.Select(t => Define(layer, t))];
        _nodes.Add(new SourceNode(layer.Name, layer.Type, [.. bottoms], [.. tops], Attributes(layer)));
    }

    private string Current(CaffeLayer layer, string blob) => _current.TryGetValue(blob, out string? tensor)
        ? tensor
        : throw Wrong("CaffeBottom", $"layer '{layer.Name}' ({layer.Type}, line {layer.Line}) reads the blob '{blob}', which no layer before it computes", layer.Name);

    private string Define(CaffeLayer layer, string blob)
    {
        string name = _last[blob] == layer && !_names.Contains(blob) ? blob : $"{blob}/{layer.Name}";
        for (int i = 2; !_names.Add(name); i++)
        {
            name = $"{blob}/{layer.Name}_{i}";
        }

        return _current[blob] = name;
    }

    private ImmutableDictionary<string, object> Attributes(CaffeLayer layer)
    {
        Note($"layer '{layer.Name}'", layer.Message, CaffeFields.Layer);
        var values = new Dictionary<string, List<object>>(StringComparer.Ordinal);
        foreach ((string parameter, object value, _) in layer.Message.Fields.Where(f => f.Name.EndsWith("_param", StringComparison.Ordinal)))
        {
            if (value is TextMessage message && parameter is not "transform_param")
            {
                if (CaffeFields.Parameters.TryGetValue(parameter, out ImmutableHashSet<string>? known))
                {
                    Note($"layer '{layer.Name}', {parameter}", message, known);
                }

                Collect(message, "", values);
            }
        }

        var attributes = ImmutableDictionary.CreateBuilder<string, object>(StringComparer.Ordinal);
        foreach ((string name, List<object> all) in values)
        {
            attributes[name] = Value(all, layer, name);
        }

        if (blobs.TryGetValue(layer.Name, out Tensor[]? weights))
        {
            for (int i = 0; i < weights.Length; i++)
            {
                attributes[$"blob{i}"] = weights[i];
            }
        }

        return attributes.ToImmutable();
    }

    private static void Collect(TextMessage message, string prefix, Dictionary<string, List<object>> values)
    {
        foreach ((string name, object value, _) in message.Fields.Where(f => !f.Name.EndsWith("_filler", StringComparison.Ordinal)))
        {
            if (value is TextMessage nested)
            {
                Collect(nested, $"{prefix}{name}.", values);
            }
            else if (values.TryGetValue(prefix + name, out List<object>? list))
            {
                list.Add(value);
            }
            else
            {
                values[prefix + name] = [value];
            }
        }
    }

    /// <summary>One value as it is, several as an array.</summary>
    private object Value(List<object> all, CaffeLayer layer, string name)
    {
        object[] plain = [.. all.Select(v => v is TextName { Text: var text } ? text is "true" ? true : text is "false" ? false : text : v)];
        return plain switch
        {
            [var single] => single,
            _ when plain.All(v => v is long) => plain.Select(v => (long)v).ToArray(),
            _ when plain.All(v => v is long or float) => plain.Select(v => v is long i ? i : (float)v).ToArray(),
            _ when plain.All(v => v is bool) => plain.Select(v => (bool)v ? 1L : 0).ToArray(),
            _ when plain.All(v => v is string) => plain.Select(v => (string)v).ToArray(),
            _ => throw Wrong("CaffeSyntax", $"layer '{layer.Name}': the values of '{name}' are of different kinds", layer.Name),
        };
    }

    private void Note(string where, TextMessage message, ImmutableHashSet<string> known)
    {
        foreach (TextField field in message.Fields.Where(f => !known.Contains(f.Name)).DistinctBy(f => f.Name))
        {
            _notes.Add($"{where}: the field '{field.Name}' (line {field.Line}) is not known and has no effect");
        }
    }

    private IpuException Wrong(string id, string what, string? target = null) => new(id, $"'{path}': {what}") { Target = target ?? path };
}
