using System.Collections.Frozen;
using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// The integer type of every tensor of a float graph that holds real numbers, and whose range its integers cover. Types come from the
/// consumers: where they differ, the tensor is INT16 and is requantized for the others. Operators that only move values share one
/// mapping between inputs and output.
/// </summary>
internal sealed class PrecisionPlan
{
    private readonly Dictionary<string, DataType> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _ranges = new(StringComparer.Ordinal);
    private readonly Dictionary<string, QuantRule> _rules = new(StringComparer.Ordinal);
    private readonly Graph _graph;
    private readonly GivenTable? _given;
    private readonly ChannelConsumers _consumers;

    /// <param name="given">What was asked of tensors.</param>
    /// <param name="chosen">Types of the activations that convolutions read, by node, in place of the configuration's.</param>
    /// <param name="consumers">Those of the graph, where other plans share them.</param>
    public PrecisionPlan(Graph graph, InputConfig? config, GivenTable? given = null, IReadOnlyDictionary<string, DataType>? chosen = null, ChannelConsumers? consumers = null)
    {
        _graph = graph;
        _consumers = consumers ?? new ChannelConsumers(graph);
        _given = given;
        Precision = new ConvolutionPrecision(graph, config, given, chosen);
        foreach (string output in graph.Outputs.Where(IsReal))
        {
            ImageFormat? format = config?.Outputs.FirstOrDefault(o => o.Name == output)?.Format;
            Demand(output, format == ImageFormat.RAWDATA_U8_NHWC ? DataType.UInt8 : DataType.Int16);
        }

        foreach (Node node in graph.Nodes.Reverse())
        {
            QuantRule rule = _rules[node.Name] = ((IpuOperator)node.Op).Quantize(graph.InputsOf(node));
            Plan(node, rule);
        }

        // What an operator inherits is known once its inputs are; a constant takes the range of what is made of it.
        foreach (Node node in graph.Nodes.Where(n => Inherits(_rules[n.Name]) && !graph[n.Inputs[_rules[n.Name].Activations[0]]].IsConstant))
        {
            string input = node.Inputs[_rules[node.Name].Activations[0]];
            foreach (string output in node.Outputs.Where(o => IsReal(o) && !_ranges.ContainsKey(o)))
            {
                _ranges[output] = RangeOf(input);
            }
        }
    }

    /// <summary>The tensors whose ranges must be found by running the model, in execution order.</summary>
    public ImmutableArray<string> Observed { get; private set; } = [];

    public ConvolutionPrecision Precision { get; }

    public QuantRule Rule(Node node) => _rules[node.Name];

    /// <summary>The type that a tensor is stored as.</summary>
    public DataType TypeOf(string tensor) => _types.GetValueOrDefault(tensor, DataType.Int16);

    /// <summary>The tensor whose range the integers of <paramref name="tensor"/> cover; itself in most cases.</summary>
    public string RangeOf(string tensor) => _ranges.GetValueOrDefault(tensor, tensor);

    /// <summary>True for real numbers that are computed from the inputs.</summary>
    public bool IsReal(string tensor) => tensor.Length > 0 && _graph[tensor] is { Type: DataType.Float32, IsConstant: false } && !IsPostProcessed(tensor);

    /// <summary>True for what comes after the integer part of the network and stays as it is.</summary>
    public bool IsPostProcessed(string tensor) =>
        tensor.Length > 0 && _graph.Producer(tensor) is { } node && ((IpuOperator)node.Op).Quantize(_graph.InputsOf(node)).Class == QuantClass.PostProcessing;

    /// <summary>
    /// The convolutions that read a tensor as UINT8, where nothing else does, so that it may have a scale for each channel; empty
    /// where it may not.
    /// </summary>
    public IReadOnlyList<ChannelConsumer> ChannelConsumers(string tensor)
    {
        if (RangeOf(tensor) != tensor || _ranges.Any(r => r.Value == tensor && r.Key != tensor) || (_graph.Producer(tensor) is null && TypeOf(tensor) == DataType.UInt8))
        {
            return [];
        }

        var consumers = new List<ChannelConsumer>();
        foreach (Node node in _graph.Consumers(tensor).Where(n => Reads8Bits(n, tensor)))
        {
            if (_consumers.Of(node) is not { } consumer)
            {
                return [];
            }

            consumers.Add(consumer);
        }

        return _graph.Outputs.Contains(tensor) && TypeOf(tensor) == DataType.UInt8 ? [] : consumers;
    }

    /// <summary>True for a convolution that takes a scale for each channel of its input into its weights.</summary>
    public bool FoldsChannels(Node node) => _consumers.Of(node) is not null;

    /// <summary>The convolutions that read a tensor, whose weights tell how much each of its channels matters.</summary>
    public IEnumerable<ChannelConsumer> WeighingConsumers(string tensor)
    {
        int channels = _graph[tensor].Shape.Rank == 0 ? 1 : _graph[tensor].Shape[-1];
        return _graph.Consumers(tensor)
            .Select(n => n.Inputs[0] == tensor && _rules[n.Name].Class == QuantClass.Convolution ? _consumers.Of(n) : null)
            .Where(c => c is not null && c.Gain.Length == channels)!;
    }

    /// <summary>Stores a tensor as INT16, to be requantized for those that read 8 bits.</summary>
    public void Widen(string tensor) => _types[tensor] = DataType.Int16;

    /// <summary>Finds what must be observed, given the tensors whose range is known beforehand.</summary>
    public PrecisionPlan Observe(IReadOnlySet<string> known)
    {
        var wanted = new HashSet<string>(_types.Keys.Concat(_graph.Inputs).Select(RangeOf), StringComparer.Ordinal);
        Observed =
        [
            .. _graph.Inputs.Concat(_graph.Nodes.SelectMany(n => n.Outputs))
                .Where(t => wanted.Contains(t) && IsReal(t) && !known.Contains(t) && KnownRange(t) is null),
        ];
        return this;
    }

    /// <summary>The tensors of <see cref="Observed"/> that a convolution may read as UINT8, so that the spread of each channel matters.</summary>
    public FrozenSet<string> ObservedByChannel => _graph.Nodes
        .Where(n => _rules[n.Name] is { Class: QuantClass.Convolution, Weight: >= 0 })
        .Select(n => RangeOf(n.Inputs[0]))
        .Where(Observed.Contains)
        .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The range that the operator itself guarantees, such as 0 to 1 for a sigmoid.</summary>
    public (double Min, double Max)? KnownRange(string tensor) => _graph.Producer(tensor) is { } node ? _rules[node.Name].OutputRange : null;

    /// <summary>True where a node reads the tensor as UINT8.</summary>
    public bool Reads8Bits(string tensor) => _graph.Consumers(tensor).Any(n => Reads8Bits(n, tensor));

    private bool Reads8Bits(Node node, string tensor) => _rules[node.Name] switch
    {
        { Class: QuantClass.Convolution } rule => Precision.Of(node, rule) == DataType.UInt8,
        { Class: QuantClass.Preserving } rule => rule.Activations.Any(i => node.Inputs[i] == tensor) && TypeOf(node.Outputs[0]) == DataType.UInt8,
        _ => false,
    };

    private static bool Inherits(QuantRule rule) => rule is { Class: QuantClass.Preserving, Activations.Length: 1 };

    private void Plan(Node node, QuantRule rule)
    {
        // The outputs of one operator that moves values share their type.
        string[] outputs = [.. node.Outputs.Where(IsReal)];
        if (rule.Class == QuantClass.Preserving && outputs.Length > 0)
        {
            DataType type = outputs.All(o => TypeOf(o) == DataType.UInt8) ? DataType.UInt8 : DataType.Int16;
            foreach (string output in outputs)
            {
                _types[output] = type;
            }
        }

        foreach (int i in rule.Activations.Where(i => i < node.Inputs.Length && IsReal(node.Inputs[i])))
        {
            string input = node.Inputs[i];
            Demand(input, rule.Class switch
            {
                QuantClass.Convolution => Precision.Of(node, rule),
                QuantClass.Preserving => TypeOf(node.Outputs[0]),
                _ => DataType.Int16,
            });
            if (rule.Class == QuantClass.Preserving && outputs.Length == 1 && MayAdopt(input, node) && (rule.Activations.Length > 1 || _ranges.ContainsKey(outputs[0])))
            {
                _ranges[input] = RangeOf(outputs[0]);
            }
        }
    }

    /// <summary>A tensor that only one node reads may be made with that node's mapping at once.</summary>
    private bool MayAdopt(string input, Node consumer) =>
        _graph.Producer(input) is not null && !_graph.Outputs.Contains(input)
        && _graph.Consumers(input).Count == 1 && consumer.Inputs.Count(i => i == input) == 1;

    private void Demand(string tensor, DataType type) =>
        _types[tensor] = _given?.Bit(tensor) == 16 || (_types.TryGetValue(tensor, out DataType other) && other != type) ? DataType.Int16 : type;
}
