using System.Collections.Immutable;
using System.Globalization;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// What was asked of tensors, checked against the graph: the possible is at hand for the plan, the ranges and the rounding; the
/// impossible is refused with a reason and calibration decides. Both are told in <see cref="Outcomes"/>.
/// </summary>
internal sealed class GivenTable
{
    private readonly SortedDictionary<string, GivenQuantization> _given = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _bits = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GivenRange> _ranges = new(StringComparer.Ordinal);
    private readonly List<GivenOutcome> _outcomes = [];
    private readonly TensorRoles _roles;

    /// <param name="graph">The float graph.</param>
    /// <param name="given">In the order of asking: what is asked later wins.</param>
    public GivenTable(Graph graph, IEnumerable<GivenQuantization> given)
    {
        Graph = graph;
        foreach (GivenQuantization wish in given)
        {
            _given[wish.Tensor] = _given.TryGetValue(wish.Tensor, out GivenQuantization? earlier) ? Merged(earlier, wish) : wish;
        }

        _roles = new TensorRoles(graph);
        foreach (GivenQuantization wish in _given.Values)
        {
            Check(wish);
        }
    }

    /// <summary>The float graph with the constants that were given in place.</summary>
    public Graph Graph { get; private set; }

    /// <summary>In the order of the tensors' names.</summary>
    public ImmutableArray<GivenOutcome> Outcomes => [.. _outcomes.OrderBy(o => o.Tensor, StringComparer.Ordinal)];

    /// <summary>The bits of an activation or of weights; null where none are given.</summary>
    public int? Bit(string tensor) => _bits.TryGetValue(tensor, out int bit) ? bit : null;

    /// <summary>The bits that a convolution-like node is to run with; its input counts before its weights.</summary>
    public int? Bit(Node node, QuantRule rule) => Bit(node.Inputs[0]) ?? (rule.Weight >= 0 ? Bit(node.Inputs[rule.Weight]) : null);

    /// <summary>A range that was given for a tensor's integers; null where there is none.</summary>
    public GivenRange? Range(string tensor) => _ranges.GetValueOrDefault(tensor);

    /// <summary>Tells which bits the plan could honour.</summary>
    public void SettleBits(PrecisionPlan plan)
    {
        foreach ((string tensor, int bit) in _bits)
        {
            string refusal = _roles[tensor] == TensorRole.Weight ? WeightRefusal(plan, tensor, bit) : bit == 8 ? NarrowRefusal(plan, tensor) : "";
            _outcomes.Add(new GivenOutcome(tensor, "Bit", refusal.Length == 0, refusal.Length == 0 ? $"{bit} bits" : refusal, _given[tensor].Source));
        }
    }

    /// <summary>Puts the ranges in place of those that calibration found.</summary>
    public void SettleRanges(PrecisionPlan plan, TensorRanges ranges)
    {
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string tensor in _ranges.Keys.Order(StringComparer.Ordinal).OrderBy(t => plan.RangeOf(t) == t ? 0 : 1).ToArray())
        {
            GivenRange range = _ranges[tensor];
            string root = plan.RangeOf(tensor);
            if (!taken.TryAdd(root, tensor) && !_ranges[taken[root]].Same(range))
            {
                _ranges.Remove(tensor);
                Told(tensor, "Range", false, $"it shares its integers with '{taken[root]}', whose range was given otherwise");
                continue;
            }

            if (_roles[tensor] == TensorRole.Weight)
            {
                Told(tensor, "Range", true, "");
                continue;
            }

            ranges.Set(root, range.Whole);
            bool channels = !range.IsPerTensor && plan.ChannelConsumers(root).Count > 0;
            Told(tensor, "Range", true, range.IsPerTensor || channels ? "" : "one range for all channels: not everything that reads it takes a scale for each");
            _ranges.TryAdd(root, range);
        }
    }

    private static GivenQuantization Merged(GivenQuantization earlier, GivenQuantization later) => later with
    {
        Min = later.Min.IsEmpty ? earlier.Min : later.Min,
        Max = later.Min.IsEmpty ? earlier.Max : later.Max,
        Bit = later.Bit ?? earlier.Bit,
        Data = later.Data ?? earlier.Data,
    };

    private void Check(GivenQuantization wish)
    {
        TensorRole role = _roles[wish.Tensor];
        if (role is TensorRole.Unknown or TensorRole.Exact)
        {
            Told(wish.Tensor, "Tensor", false, role == TensorRole.Unknown ? "the float model has no such tensor" : "it holds exact integers, which are not quantized");
            return;
        }

        TensorSpec spec = Graph[wish.Tensor];
        if (wish.Data is { } data)
        {
            string refusal = DataRefusal(spec, data);
            Told(wish.Tensor, "Data", refusal.Length == 0, refusal);
            if (refusal.Length == 0)
            {
                GraphEditor editor = Graph.Edit();
                editor.SetTensor(spec with { Constant = Tensor.FromArray<float>(data.ToFloats(), spec.Shape) });
                Graph = editor.ToGraph();
            }
        }

        if (!wish.Min.IsEmpty || !wish.Max.IsEmpty)
        {
            string refusal = RangeRefusal(wish, spec, role);
            if (refusal.Length > 0)
            {
                Told(wish.Tensor, "Range", false, refusal);
            }
            else
            {
                _ranges[wish.Tensor] = new GivenRange(wish.Min, wish.Max);
            }
        }

        if (wish.Bit is { } bit)
        {
            string refusal = BitRefusal(bit, role);
            if (refusal.Length > 0)
            {
                Told(wish.Tensor, "Bit", false, refusal);
            }
            else if (role == TensorRole.Constant)
            {
                Told(wish.Tensor, "Bit", true, "16 bits");
            }
            else
            {
                _bits[wish.Tensor] = bit;
            }
        }
    }

    private static string DataRefusal(TensorSpec spec, Tensor data) =>
        !spec.IsConstant ? "its values are computed from the inputs"
        : data.Count != spec.Shape.Count || (data.Shape.Rank > 1 && data.Shape != spec.Shape) ? $"the values have the shape {data.Shape}, the tensor {spec.Shape}"
        : data.ToFloats().Any(v => !float.IsFinite(v)) ? "not all of the values are finite numbers"
        : "";

    private string RangeRefusal(GivenQuantization wish, TensorSpec spec, TensorRole role)
    {
        int channels = role == TensorRole.Weight ? _roles.WeightChannels(wish.Tensor) : spec.Shape.Rank == 0 ? 1 : spec.Shape[-1];
        if (role == TensorRole.Bias)
        {
            return "a bias has the scale of the input times that of the weights";
        }

        if (wish.Min.Length != wish.Max.Length || (wish.Min.Length != 1 && wish.Min.Length != channels))
        {
            return $"{wish.Min.Length} values of min and {wish.Max.Length} of max; it has 1 or {channels} of each";
        }

        for (int i = 0; i < wish.Min.Length; i++)
        {
            if (!float.IsFinite(wish.Min[i]) || !float.IsFinite(wish.Max[i]) || wish.Min[i] > wish.Max[i])
            {
                return string.Create(CultureInfo.InvariantCulture, $"from {wish.Min[i]} to {wish.Max[i]} is no range");
            }
        }

        return "";
    }

    private static string BitRefusal(int bit, TensorRole role) => (bit, role) switch
    {
        (4, TensorRole.Weight) => "weights of 4 bits are chosen by the Q modes Q13 and Q23",
        (not (8 or 16), _) => $"{bit} bits; a tensor has 8 or 16",
        (_, TensorRole.Bias) => "a bias is INT32 with 8 bits and INT64 with 16, as the convolution runs",
        (8, TensorRole.Constant) => "operators other than convolutions take 16 bits only",
        _ => "",
    };

    /// <summary>Why a tensor that was to be read in 8 bits is not; empty where a convolution does.</summary>
    private string NarrowRefusal(PrecisionPlan plan, string tensor)
    {
        if (plan.Reads8Bits(tensor))
        {
            return "";
        }

        string[] readers = [.. Graph.Consumers(tensor).Select(n => n.Op.Name).Distinct().Order(StringComparer.Ordinal)];
        return readers.Length == 0 ? "it is an output, whose type output_formats decides" : $"what reads it ({string.Join(", ", readers)}) takes 16 bits";
    }

    private string WeightRefusal(PrecisionPlan plan, string weights, int bit)
    {
        Node? other = Graph.Consumers(weights).FirstOrDefault(n => plan.Rule(n).Class == QuantClass.Convolution && plan.Precision.Of(n, plan.Rule(n)) != (bit == 8 ? DataType.UInt8 : DataType.Int16));
        return other is null ? "" : $"{other} runs UINT8×INT8 or INT16×INT16, and other bits were given for its input '{other.Inputs[0]}'";
    }

    private void Told(string tensor, string what, bool taken, string reason) => _outcomes.Add(new GivenOutcome(tensor, what, taken, reason, _given[tensor].Source));
}
