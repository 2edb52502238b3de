using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>Rewrites a float graph in integers, as a plan and ranges say.</summary>
internal sealed class Quantizer
{
    private readonly Graph _graph;
    private readonly PrecisionPlan _plan;
    private readonly TensorRanges _ranges;
    private readonly Dictionary<string, RoundedWeights> _rounded = new(StringComparer.Ordinal);
    private readonly GraphEditor _editor;
    private readonly Boundary _boundary;

    /// <summary>Name in the fixed graph of each tensor in the type that it is stored as.</summary>
    private readonly Dictionary<string, string> _stored = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Tensor, DataType Type, string Range), string> _converted = [];

    private Quantizer(IpuModel model, PrecisionPlan plan, TensorRanges ranges)
    {
        _graph = model.Graph;
        _plan = plan;
        _ranges = ranges;
        _editor = new GraphEditor(_graph.Name);
        _boundary = new Boundary(model, _editor);
    }

    /// <summary>The fixed graph: from the board's bytes to the outputs.</summary>
    public static Graph Quantize(IpuModel model, QuantizationVariant variant, ConvolutionRounding rounding, CancellationToken cancellationToken)
    {
        var quantizer = new Quantizer(model, variant.Plan, variant.Ranges);
        quantizer.RoundWeights(rounding, variant, cancellationToken);
        quantizer.AddInputs();
        foreach (Node node in model.Graph.Nodes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            quantizer.Add(node);
        }

        quantizer.AddOutputs();
        quantizer._editor.RemoveDead();
        Graph graph = quantizer._editor.ToGraph();
        GraphVerifier.Verify(graph);
        return graph;
    }

    private void AddInputs()
    {
        foreach (string input in _graph.Inputs)
        {
            // What nothing reads (a picture that only lent its size) has no range.
            if (_plan.IsReal(input) && (_graph.Consumers(input).Count > 0 || _graph.Outputs.Contains(input)))
            {
                DataType type = _plan.TypeOf(input);
                _stored[input] = _boundary.AddInput(_graph[input], type, Mapping(input, type, _plan.RangeOf(input)));
            }
            else
            {
                _stored[input] = _boundary.AddExactInput(_graph[input]);
            }
        }
    }

    private void AddOutputs()
    {
        foreach (string output in _graph.Outputs)
        {
            _editor.Outputs.Add(_plan.IsReal(output) ? _boundary.AddOutput(output, _stored[output]) : _stored[output]);
        }
    }

    private void Add(Node node)
    {
        QuantRule rule = _plan.Rule(node);
        if (rule.Class == QuantClass.Index && node.Inputs.Concat(node.Outputs).FirstOrDefault(_plan.IsReal) is { } real)
        {
            throw new IpuException("FixedNotSupported", $"{node} goes between real numbers ('{real}') and exact integers, which no fixed-point form does", IpuErrorKind.NotSupported) { Target = node.Name };
        }

        if (node.Inputs.FirstOrDefault(_plan.IsPostProcessed) is { } late)
        {
            throw new IpuException("FixedNotSupported", $"{node} reads '{late}', which comes after the network's integer part; cut the model there with -OutputName '{late}'", IpuErrorKind.NotSupported) { Target = node.Name };
        }

        string[] inputs = [.. node.Inputs.Select((name, i) => ReadInput(node, rule, name, i))];
        if (rule.Class == QuantClass.Convolution && rule.Weight >= 0)
        {
            AddWeights(node, rule, inputs);
        }

        foreach (string output in node.Outputs)
        {
            _stored[output] = DeclareOutput(output);
        }

        string[] outputs = [.. node.Outputs.Select(o => _stored[o])];
        var op = (IpuOperator)node.Op;
        var binding = new FixedBinding(node.Name, [.. inputs.Select(i => i.Length == 0 ? null : _editor[i])], [.. outputs.Select(o => _editor[o])]);
        ImmutableArray<Tensor> tables = op.BuildTables(binding);
        _editor.AddNode(node.Name, op, [.. inputs, .. tables.Select((t, i) => _editor.AddConstant($"{node.Name}/table{i}", t))], outputs);
    }

    private string DeclareOutput(string output)
    {
        TensorSpec spec = _graph[output];
        string name = _plan.IsReal(output) ? _boundary.StoredName(output) : output;
        if (_plan.IsReal(output))
        {
            DataType type = _plan.TypeOf(output);
            spec = spec with { Name = name, Type = type, Quant = Mapping(output, type, _plan.RangeOf(output)) };
        }

        _editor.AddTensor(spec);
        return name;
    }

    /// <summary>Name in the fixed graph of what a node reads at a position.</summary>
    private string ReadInput(Node node, QuantRule rule, string name, int position)
    {
        if (name.Length == 0 || position == rule.Weight || (position == rule.Bias && rule.Class == QuantClass.Convolution))
        {
            return name;
        }

        if (!rule.Activations.Contains(position) || _graph[name].Type != DataType.Float32)
        {
            return Plain(name);
        }

        (DataType type, string range) = rule.Class switch
        {
            QuantClass.Preserving => (_plan.TypeOf(node.Outputs[0]), _plan.RangeOf(node.Outputs[0])),
            QuantClass.Convolution when rule.Weight >= 0 => (WeightedInput(node), _plan.RangeOf(name)),
            _ => (DataType.Int16, _plan.RangeOf(name)),
        };
        if (rule.Class == QuantClass.Preserving && _ranges.Wide.ContainsKey(node.Outputs[0]) && type == DataType.Int16)
        {
            // What moves values with a scale for each channel takes each input as it is.
            range = _plan.RangeOf(name);
        }

        return _graph[name].IsConstant ? QuantizedConstant(name, type, rule.Class == QuantClass.Preserving ? range : name) : Converted(name, type, range);
    }

    /// <summary>The mapping of a tensor in a type; in 16 bits it may have a scale for each channel, whatever range it shares otherwise.</summary>
    private QuantParam Mapping(string tensor, DataType type, string range)
    {
        if (type == DataType.Int16 && _ranges.Wide.TryGetValue(tensor, out QuantParam? wide))
        {
            return wide;
        }

        QuantParam mapping = _ranges.Mapping(range, type);
        return mapping.IsPerTensor ? mapping : mapping with { Axis = _graph[tensor].Shape.Rank - 1 };
    }

    private DataType WeightedInput(Node node) => _plan.Precision.Of(node, _plan.Rule(node));

    /// <summary>A tensor that is not quantized: indices, shapes.</summary>
    private string Plain(string name)
    {
        if (_stored.TryGetValue(name, out string? stored))
        {
            return stored;
        }

        _editor.AddTensor(_graph[name]);
        return _stored[name] = name;
    }

    private string Converted(string name, DataType type, string range)
    {
        string stored = _stored[name];
        QuantParam mapping = Mapping(name, type, range);
        if (_editor[stored] is { Quant: { } quant } spec && spec.Type == type && quant.SameMapping(mapping))
        {
            return stored;
        }

        if (!_converted.TryGetValue((name, type, range), out string? converted))
        {
            converted = _editor.FreshName($"{name}/{type.ToString().ToLowerInvariant()}");
            _editor.AddTensor(_editor[stored] with { Name = converted, Type = type, Quant = mapping });
            _editor.AddNode(converted, new RequantizeOp(type), [stored], [converted]);
            _converted[(name, type, range)] = converted;
        }

        return converted;
    }

    private string QuantizedConstant(string name, DataType type, string range)
    {
        if (!_converted.TryGetValue((name, type, range), out string? converted))
        {
            float[] values = _graph[name].Constant!.ToFloats();
            QuantParam mapping = range == name && !_ranges.Has(name, type)
                ? ConstantRounding.MappingOf(values, type)
                : _ranges.Mapping(range, type);
            converted = _editor.FreshName(name);
            Tensor rounded = ConstantRounding.Round(values, _graph[name].Shape, type, mapping);
            _editor.AddTensor(TensorSpec.OfConstant(converted, rounded) with { Quant = mapping });
            _converted[(name, type, range)] = converted;
        }

        return converted;
    }

    /// <summary>Rounds the weights of every convolution-like node, which is most of the work, on all cores.</summary>
    private void RoundWeights(ConvolutionRounding rounding, QuantizationVariant variant, CancellationToken cancellationToken)
    {
        Node[] nodes = [.. _graph.Nodes.Where(n => _plan.Rule(n) is { Class: QuantClass.Convolution, Weight: >= 0 })];
        var rounded = new RoundedWeights[nodes.Length];
        nodes.ForEachParallel(
            (node, i) =>
            {
                DataType type = WeightedInput(node);
                QuantParam input = _graph[node.Inputs[0]].Constant is { } constant
                    ? ConstantRounding.MappingOf(constant.ToFloats(), type)
                    : Mapping(node.Inputs[0], type, _plan.RangeOf(node.Inputs[0]));
                rounded[i] = rounding.Round(node, _plan.Rule(node), input, type == DataType.Int16, variant.BiasShifts.GetValueOrDefault(node.Name), moments: variant.Moments, cancellationToken: cancellationToken);
            },
            cancellationToken);
        for (int i = 0; i < nodes.Length; i++)
        {
            _rounded[nodes[i].Name] = rounded[i];
        }
    }

    /// <summary>Adds weights and bias, which belong to the node, because they depend on the scale of its input.</summary>
    private void AddWeights(Node node, QuantRule rule, string[] inputs)
    {
        string output = node.Outputs[0];
        RoundedWeights rounded = _rounded[node.Name].Writing(Mapping(output, _plan.TypeOf(output), _plan.RangeOf(output)));
        inputs[rule.Weight] = AddConstant(node.Inputs[rule.Weight], rounded.Weights, rounded.WeightQuant);
        if (rounded.Bias is not null)
        {
            inputs[rule.Bias] = AddConstant(node.Inputs[rule.Bias], rounded.Bias, rounded.BiasQuant!);
        }
    }

    private string AddConstant(string wanted, Tensor value, QuantParam quant)
    {
        string name = _editor.FreshName(wanted);
        _editor.AddTensor(TensorSpec.OfConstant(name, value) with { Quant = quant });
        return name;
    }
}
