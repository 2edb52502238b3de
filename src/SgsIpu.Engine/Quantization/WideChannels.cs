using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Passes;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Finds the INT16 tensors that have a scale for each channel (last dimension), and their mappings: where what writes a tensor and all that
/// reads it in 16 bits takes such scales, a channel of small numbers keeps as many significant bits as one of large numbers. Operators that
/// only move values hand the scales on.
/// </summary>
internal sealed class WideChannels
{
    /// <summary>Channels that differ by more than this share the smallest scale: their factors would leave the integers of the kernels.</summary>
    private const double MostRatio = 1 << 11;

    /// <summary>
    /// How far the scales are drawn together, from 0 (each channel's own) to 1 (one for all): a channel of which only small values were seen
    /// is the first to have larger ones.
    /// </summary>
    private const double Share = 0.15;

    private readonly Graph _graph;
    private readonly PrecisionPlan _plan;
    private readonly HashSet<string> _tensors;
    private readonly Dictionary<string, QuantParam> _mappings = new(StringComparer.Ordinal);
    private readonly Func<Node, bool> _takes;
    private readonly Func<Node, bool> _multiplies;

    private WideChannels(Graph graph, PrecisionPlan plan, GivenTable given, Func<Node, bool> takes, Func<Node, bool> multiplies, Func<string, QuantParam?> image)
    {
        _graph = graph;
        _plan = plan;
        _takes = takes;
        _multiplies = multiplies;
        _tensors = new HashSet<string>(graph.Inputs.Where(i => image(i) is not null).Concat(graph.Nodes.SelectMany(n => n.Outputs)).Where(t => MayBe(t, given)), StringComparer.Ordinal);

        // What depends on a tensor that dropped out drops out, until nothing changes.
        while (_tensors.RemoveWhere(t => !IsWritten(graph.Producer(t), t) || !graph.Consumers(t).All(n => IsRead(n, t))) > 0)
        {
        }
    }

    /// <summary>The mappings by tensor.</summary>
    /// <param name="takes">True for element-wise nodes that take such scales.</param>
    /// <param name="multiplies">True for element-wise nodes whose output has the products of the scales of their inputs, times one number.</param>
    /// <param name="image">The mapping of an input that is an image; null for others.</param>
    /// <param name="ranges">The range of each channel of a tensor that an operator computes.</param>
    /// <param name="plain">The mapping of a tensor with one scale.</param>
    public static IReadOnlyDictionary<string, QuantParam> Find(
        Graph graph, PrecisionPlan plan, GivenTable given, Func<Node, bool> takes, Func<Node, bool> multiplies, Func<string, QuantParam?> image, Func<string, ChannelRanges> ranges, Func<string, QuantParam> plain)
    {
        var channels = new WideChannels(graph, plan, given, takes, multiplies, image);
        foreach (string input in graph.Inputs.Where(channels._tensors.Contains))
        {
            channels._mappings[input] = image(input)!;
        }

        foreach (string tensor in graph.Nodes.SelectMany(n => n.Outputs).Where(channels._tensors.Contains))
        {
            Node producer = graph.Producer(tensor)!;
            channels._mappings[tensor] = plan.Rule(producer).Class == QuantClass.Preserving ? channels.HandedOn(producer, plain)
                : channels._multiplies(producer) ? channels.Product(producer, ranges(tensor), plain)
                : Mapping(ranges(tensor), graph[tensor].Shape.Rank - 1, FusedActivation.Of(producer.Op)?.Max ?? float.PositiveInfinity, channels.Finest(producer, plain));
        }

        return channels._mappings;
    }

    /// <summary>INT16 scales that cover the range of each channel.</summary>
    /// <param name="most">The bound of a fused activation, which no integer may stand beyond.</param>
    /// <param name="finest">The least scale of each channel that the writer reaches.</param>
    private static QuantParam Mapping(ChannelRanges ranges, int axis, double most, Func<int, double> finest)
    {
        ImmutableArray<float> min = [.. ranges.Low.Select(v => (float)v)];
        ImmutableArray<float> max = [.. ranges.High.Select(v => (float)v)];
        double[] bounds = [.. min.Zip(max, (l, h) => (double)Math.Max(-l, h))];
        double whole = bounds.Max() > 0 ? bounds.Max() : 1;
        IEnumerable<double> shared = bounds.Select(b => whole * Math.Pow(Math.Max(b / whole, 1 / MostRatio), 1 - Share));
        return new QuantParam([.. shared.Select((b, c) => Math.Max(Math.Min(b, most) / short.MaxValue, finest(c)))], 0, axis) { Min = min, Max = max };
    }

    /// <summary>Element-wise operators reach a part of the scales of their inputs; convolutions reach everything.</summary>
    private Func<int, double> Finest(Node node, Func<string, QuantParam> plain)
    {
        if (_plan.Rule(node).Class == QuantClass.Convolution)
        {
            return static _ => 0;
        }

        QuantParam[] inputs = [.. _plan.Rule(node).Activations.Select(i => _mappings.GetValueOrDefault(node.Inputs[i]) ?? plain(node.Inputs[i]))];
        return c => inputs.Max(q => q.Scale[q.IsPerTensor ? 0 : c]) / MostRatio;
    }

    /// <summary>
    /// The scales of the inputs times one number, so that the range of each channel is covered, as far as the inputs cover what makes it: one channel
    /// that is to reach further than they do would take the integers of all.
    /// </summary>
    private QuantParam Product(Node node, ChannelRanges ranges, Func<string, QuantParam> plain)
    {
        string[] read = [.. _plan.Rule(node).Activations.Select(i => node.Inputs[i])];
        QuantParam[] inputs = [.. read.Select(_mappings.GetValueOrDefault).OfType<QuantParam>()];
        string[] others = [.. read.Where(i => !_mappings.ContainsKey(i))];
        double[] scales = [.. ranges.Low.Select((_, c) => inputs.Aggregate(1.0, (product, q) => product * q.Scale[c]))];
        double factor = ranges.Low.Zip(ranges.High, scales).Max(r => Math.Max(-r.First, r.Second) / short.MaxValue / r.Third);
        if (others.All(_plan.IsReal))
        {
            factor = Math.Min(factor, others.Aggregate(Math.Pow(short.MaxValue, read.Length - 1), (product, other) => product * plain(other).Scale[0]));
        }

        return new QuantParam([.. scales.Select(s => (factor > 0 ? factor : 1) * s)], 0, _graph[node.Outputs[0]].Shape.Rank - 1) { Min = [.. ranges.Low.Select(v => (float)v)], Max = [.. ranges.High.Select(v => (float)v)] };
    }

    private QuantParam HandedOn(Node node, Func<string, QuantParam> plain)
    {
        TensorSpec output = _graph[node.Outputs[0]];
        var scales = new double[output.Shape[-1]];
        var min = new float[scales.Length];
        var max = new float[scales.Length];
        IReadOnlyList<TensorSpec?> inputs = _graph.InputsOf(node);
        foreach (int i in _plan.Rule(node).Activations)
        {
            string input = node.Inputs[i];
            QuantParam from = _mappings.GetValueOrDefault(input) ?? plain(input);
            int offset = ((IpuOperator)node.Op).ChannelOf(i, inputs, output)!.Value;
            for (int c = Math.Max(0, -offset); c < _graph[input].Shape[-1] && c + offset < scales.Length; c++)
            {
                scales[c + offset] = from.Scale[from.IsPerTensor ? 0 : c];
                min[c + offset] = from.Min.IsEmpty ? 0 : from.Min[from.Min.Length == 1 ? 0 : c];
                max[c + offset] = from.Max.IsEmpty ? 0 : from.Max[from.Max.Length == 1 ? 0 : c];
            }
        }

        return new QuantParam([.. scales], 0, output.Shape.Rank - 1) { Min = [.. min], Max = [.. max] };
    }

    /// <summary>Rounding averages out in what only reductions read: range is worth more there.</summary>
    private bool MayBe(string tensor, GivenTable given) =>
        _plan.IsReal(tensor) && _plan.TypeOf(tensor) == DataType.Int16 && _graph[tensor].Shape is { Rank: >= 2 } shape && shape[-1] > 1
        && !_graph.Outputs.Contains(tensor) && _plan.KnownRange(tensor) is null && given.Range(tensor) is not { IsPerTensor: true } && _graph.Consumers(tensor).Any(n => n.Op is not ReduceOp);

    private bool IsWritten(Node? node, string tensor)
    {
        if (node is null)
        {
            return true;
        }

        var op = (IpuOperator)node.Op;
        return _plan.Rule(node) switch
        {
            // A bound other than 0 would be another integer in each channel.
            { Class: QuantClass.Convolution, Weight: >= 0 } => FusedActivation.Of(op) is { } bounds && (bounds.Min == 0 || float.IsNegativeInfinity(bounds.Min)) && bounds.Max > 0,
            { Class: QuantClass.Preserving } rule => node.Outputs.Length == 1 && rule.Activations.Any(i => _tensors.Contains(node.Inputs[i]))
                && rule.Activations.All(i => !_graph[node.Inputs[i]].IsConstant && op.ChannelOf(i, _graph.InputsOf(node), _graph[tensor]) is not null),

            // A sample gives one value for each channel of a mean: too few to know the range of each.
            _ when op is ReduceOp => false,
            _ => _multiplies(node) ? node.Inputs.Any(_tensors.Contains) : _takes(node),
        };
    }

    private bool IsRead(Node node, string tensor)
    {
        QuantRule rule = _plan.Rule(node);
        return rule.Class switch
        {
            QuantClass.Convolution => rule.Weight >= 0 && node.Inputs[0] == tensor && node.Inputs.Count(i => i == tensor) == 1
                && (_plan.Precision.Of(node, rule) == DataType.UInt8 || _plan.FoldsChannels(node)),
            QuantClass.Preserving => _plan.TypeOf(node.Outputs[0]) == DataType.UInt8 || _tensors.Contains(node.Outputs[0]),
            _ => _multiplies(node) ? _tensors.Contains(node.Outputs[0]) : _takes(node),
        };
    }
}
