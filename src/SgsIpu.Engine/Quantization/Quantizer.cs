using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>Rewrites a float graph in integers, as a plan and ranges say.</summary>
internal sealed class Quantizer
{
    /// <summary>Largest rounded bias of an 8-bit convolution: half of INT32, the other half is for the products.</summary>
    private const double LargestBias = 1 << 30;

    private readonly Graph _graph;
    private readonly PrecisionPlan _plan;
    private readonly TensorRanges _ranges;
    private readonly IReadOnlyDictionary<string, ActivationStatistics> _statistics;
    private readonly CalibrationLevel _level;
    private readonly GraphEditor _editor;
    private readonly Boundary _boundary;

    /// <summary>Name in the fixed graph of each tensor in the type that it is stored as.</summary>
    private readonly Dictionary<string, string> _stored = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Tensor, DataType Type, string Range), string> _converted = [];

    private Quantizer(IpuModel model, PrecisionPlan plan, TensorRanges ranges, IReadOnlyDictionary<string, ActivationStatistics> statistics, CalibrationLevel level)
    {
        _statistics = statistics;
        _graph = model.Graph;
        _plan = plan;
        _ranges = ranges;
        _level = level;
        _editor = new GraphEditor(_graph.Name);
        _boundary = new Boundary(model, _editor);
    }

    /// <summary>The fixed graph: from the board's bytes to the outputs.</summary>
    public static Graph Quantize(IpuModel model, PrecisionPlan plan, TensorRanges ranges, IReadOnlyDictionary<string, ActivationStatistics> statistics, CalibrationLevel level, CancellationToken cancellationToken)
    {
        var quantizer = new Quantizer(model, plan, ranges, statistics, level);
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
            if (_plan.IsReal(input))
            {
                DataType type = _plan.TypeOf(input);
                _stored[input] = _boundary.AddInput(_graph[input], type, _ranges.Mapping(_plan.RangeOf(input), type));
            }
            else
            {
                _editor.AddInput(_graph[input]);
                _stored[input] = input;
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
            spec = spec with { Name = name, Type = type, Quant = _ranges.Mapping(_plan.RangeOf(output), type) };
        }

        _editor.AddTensor(spec);
        return name;
    }

    /// <summary>Name in the fixed graph of what a node reads at a position.</summary>
    private string ReadInput(Node node, QuantRule rule, string name, int position)
    {
        if (name.Length == 0 || position == rule.Weight || (position == rule.Bias && rule.Class == QuantClass.Convolution))
        {
            return name.Length == 0 ? "" : name;
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
        return _graph[name].IsConstant ? QuantizedConstant(name, type, rule.Class == QuantClass.Preserving ? range : name) : Converted(name, type, range);
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
        QuantParam mapping = _ranges.Mapping(range, type);
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
            QuantParam mapping = range == name
                ? ConstantRounding.MappingOf(values, type)
                : _ranges.Mapping(range, type);
            converted = _editor.FreshName(name);
            Tensor rounded = ConstantRounding.Round(values, _graph[name].Shape, type, mapping);
            _editor.AddTensor(TensorSpec.OfConstant(converted, rounded) with { Quant = mapping });
            _converted[(name, type, range)] = converted;
        }

        return converted;
    }

    /// <summary>Rounds weights and bias of a convolution-like node; they belong to the node, whose input scale they depend on.</summary>
    private void AddWeights(Node node, QuantRule rule, string[] inputs)
    {
        TensorSpec activation = _editor[inputs[0]];
        bool wide = activation.Type == DataType.Int16;
        TensorSpec weights = _graph[node.Inputs[rule.Weight]];
        int levels = wide ? short.MaxValue : sbyte.MaxValue;
        int axis = rule.WeightAxis;
        QuantParam input = activation.Quant!;
        ChannelConsumer? consumer = ChannelConsumer.Of(_graph, node);
        ActivationStatistics? seen = _statistics.GetValueOrDefault(node.Inputs[0]);
        Tensor values = input.IsPerTensor ? weights.Constant! : consumer!.Fold(input.Scale.AsSpan());
        double[] scales = _level == CalibrationLevel.L1 || wide
            ? WeightQuantizer.MinMaxScales(values, axis, levels)
            : WeightQuantizer.LeastSquaresScales(values, seen is null ? null : consumer?.Spread(OverScale(seen, seen.Variance, input, 2)), axis, levels);

        double x = input.IsPerTensor ? input.Scale[0] : 1;
        bool biased = rule.Bias >= 0 && rule.Bias < node.Inputs.Length && node.Inputs[rule.Bias].Length > 0;
        float[] bias = biased ? _graph[node.Inputs[rule.Bias]].Constant!.ToFloats() : [];
        if (!wide)
        {
            for (int c = 0; c < bias.Length; c++)
            {
                scales[c] = Math.Max(scales[c], Math.Abs(bias[c]) / (x * LargestBias));
            }
        }

        DataType type = wide ? DataType.Int16 : DataType.Int8;
        Tensor rounded = WeightQuantizer.Round(values, scales, axis, type, levels);
        inputs[rule.Weight] = AddConstant(weights.Name, rounded, new QuantParam([.. scales], 0, scales.Length == 1 ? -1 : axis));
        if (biased)
        {
            if (!wide && seen is not null && consumer is not null)
            {
                double[] correction = consumer.BiasCorrection(values, rounded, scales, OverScale(seen, seen.Mean, input, 1));
                bias = [.. bias.Zip(correction, (b, c) => (float)(b + c))];
            }

            double[] unit = [.. scales.Select(s => s * x)];
            inputs[rule.Bias] = AddConstant(node.Inputs[rule.Bias], ConstantRounding.RoundBias(bias, unit, wide), new QuantParam([.. unit], 0, unit.Length == 1 ? -1 : 0));
        }
    }

    /// <summary>A moment of each input channel over the scale that is part of the weights.</summary>
    private static double[] OverScale(ActivationStatistics seen, Func<int, double> moment, QuantParam input, int power) =>
        [.. Enumerable.Range(0, seen.Min.Length).Select(c => moment(c) / (input.IsPerTensor ? 1 : Math.Pow(input.Scale[c], power)))];

    private string AddConstant(string wanted, Tensor value, QuantParam quant)
    {
        string name = _editor.FreshName(wanted);
        _editor.AddTensor(TensorSpec.OfConstant(name, value) with { Quant = quant });
        return name;
    }
}
