using System.Collections.Frozen;
using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Passes;
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
    private readonly FrozenSet<string> _images;
    private readonly bool _widensMoves;

    /// <param name="given">What was asked of tensors.</param>
    /// <param name="chosen">Types of the activations that convolutions read, by node, in place of the configuration's.</param>
    /// <param name="consumers">Those of the graph, where other plans share them.</param>
    /// <param name="widensMoves">Whether what operators that move values make for convolutions in 8 bits is stored in 16: requantized, each channel has a scale of its own.</param>
    public PrecisionPlan(Graph graph, InputConfig? config, GivenTable? given = null, IReadOnlyDictionary<string, DataType>? chosen = null, ChannelConsumers? consumers = null, bool widensMoves = false)
    {
        _widensMoves = widensMoves;
        _graph = graph;
        _consumers = consumers ?? new ChannelConsumers(graph);
        _given = given;
        _images = (config?.Inputs ?? []).Where(i => i.IsImage).Select(i => i.Name).ToFrozenSet(StringComparer.Ordinal);
        Precision = new ConvolutionPrecision(graph, config, given, chosen);
        foreach (string output in graph.Outputs.Where(IsReal))
        {
            ImageFormat? format = config?.Output(output)?.Format;
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

        foreach (Node node in graph.Nodes.Where(n => widensMoves && ReadsMoved(n)))
        {
            Moved(node.Inputs[0]).ForEach(Widen);
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
        string[] moved = [.. _ranges.Where(r => r.Value == tensor && r.Key != tensor).Select(r => r.Key)];
        bool isShared = moved.Length > 0 && !(_widensMoves && moved.Append(tensor).All(t => TypeOf(t) == DataType.Int16));
        if (RangeOf(tensor) != tensor || isShared || (_graph.Producer(tensor) is null && TypeOf(tensor) == DataType.UInt8 && !IsImage(tensor)))
        {
            return [];
        }

        var consumers = new List<ChannelConsumer>();
        foreach (string read in moved.Prepend(tensor))
        {
            foreach (Node node in _graph.Consumers(read).Where(n => Reads8Bits(n, read)))
            {
                if (_consumers.Of(node) is not { } consumer || !HasChannelsOf(read, tensor))
                {
                    return [];
                }

                consumers.Add(consumer);
            }
        }

        return _graph.Outputs.Contains(tensor) && TypeOf(tensor) == DataType.UInt8 ? [] : consumers;
    }

    /// <summary>Whether channels of other tensors than images may have integers of their own for 0.</summary>
    public bool Offsets { get; init; } = true;

    /// <summary>Whether those of tensors may as well that a convolution writes for others as they are.</summary>
    public bool ConvolutionOffsets { get; init; } = true;

    /// <summary>
    /// True for a tensor that only convolutions read in 8 bits, and that is an image, requantized for them, a sum, or written by a convolution that
    /// cuts nothing off, so that each channel may have an integer of its own for 0: what that adds to the sums of the readers is the same
    /// everywhere, and goes into their biases.
    /// </summary>
    public bool MayHaveOffsets(string tensor) => (Offsets || IsImage(tensor)) &&
        _ranges.Where(r => r.Value == tensor).Select(r => r.Key).Append(tensor).All(t =>
            (TypeOf(t) == DataType.Int16 || _graph.Producer(t)?.Op is AddOp or SubOp || IsShifted(t) || IsImage(t)) && _graph.Consumers(t).Where(n => Reads8Bits(n, t)).All(TakesOffsets));

    /// <summary>True where the bias of the convolution that writes a tensor can move its channels, and nothing but convolutions in 8 bits reads it.</summary>
    private bool IsShifted(string tensor) => ConvolutionOffsets &&
        _graph.Producer(tensor) is { Op: Conv2DOp or DepthwiseConv2DOp } producer && HasBias(producer) && FusedActivation.Of(producer.Op) is null or { Min: float.NegativeInfinity, Max: float.PositiveInfinity }
        && _graph.Consumers(tensor).All(n => Reads8Bits(n, tensor));

    private bool TakesOffsets(Node node) => HasBias(node) && node.Op is FullyConnectedOp or Conv2DOp or DepthwiseConv2DOp;

    /// <summary>True for an input whose integers are made of an image's bytes, by any mapping.</summary>
    private bool IsImage(string tensor) => _images.Contains(tensor);

    private bool HasBias(Node node) => _rules[node.Name] is { Class: QuantClass.Convolution, Bias: >= 0 } rule && node.Inputs.Length > rule.Bias && node.Inputs[rule.Bias].Length > 0;

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

    /// <summary>True for a convolution that could take a scale for each channel of what it reads in 8 bits, if an operator that moves values had not made it.</summary>
    private bool ReadsMoved(Node node)
    {
        string tensor = node.Inputs[0];
        return FoldsChannels(node) && TypeOf(tensor) == DataType.UInt8 && Reads8Bits(node, tensor) && !_graph.Outputs.Contains(tensor)
            && Mover(tensor) is not null && _graph.Consumers(tensor).All(n => FoldsChannels(n) || _rules[n.Name].Class == QuantClass.Preserving)
            && Moved(tensor).All(t => _graph.Producer(t) is not null);
    }

    /// <summary>The node that makes a tensor by moving values, in which channels stay channels; null where none does.</summary>
    private Node? Mover(string tensor) =>
        _graph.Producer(tensor) is { } node && _rules[node.Name] is { Class: QuantClass.Preserving } rule && node.Outputs.Length == 1
        && rule.Activations.All(i => ((IpuOperator)node.Op).ChannelOf(i, _graph.InputsOf(node), _graph[tensor]) is not null) ? node : null;

    /// <summary>A tensor with all that was moved to become it.</summary>
    private List<string> Moved(string tensor)
    {
        var all = new List<string> { tensor };
        var seen = new HashSet<string>(all, StringComparer.Ordinal);
        for (int at = 0; at < all.Count; at++)
        {
            if (Mover(all[at]) is { } node)
            {
                all.AddRange(_rules[node.Name].Activations.Select(i => node.Inputs[i]).Where(seen.Add));
            }
        }

        return all;
    }

    /// <summary>True where the channels of a tensor are those of another that it was moved from.</summary>
    private bool HasChannelsOf(string tensor, string root)
    {
        while (tensor != root)
        {
            if (Mover(tensor) is not { } node || _rules[node.Name].Activations is not [var only] || _graph[node.Inputs[only]].Shape[-1] != _graph[tensor].Shape[-1]
                || ((IpuOperator)node.Op).ChannelOf(only, _graph.InputsOf(node), _graph[tensor]) != 0)
            {
                return false;
            }

            tensor = node.Inputs[only];
        }

        return true;
    }

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
