using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Importing;

/// <summary>
/// An ONNX model that was quantized already carries QuantizeLinear and DequantizeLinear around float operators. Each pair says which range
/// the integers of its tensor cover: the pair goes, and the range is taken as given, in place of what calibration would find.
/// </summary>
internal static class QuantizedPairs
{
    /// <summary>The graph without pairs, and the range of each tensor that one stood at.</summary>
    public static (SourceGraph Graph, ImmutableArray<GivenQuantization> Given) Take(SourceGraph source)
    {
        if (source.Framework != Framework.Onnx || source.Nodes.All(n => n.OpType != "DequantizeLinear"))
        {
            return (source, []);
        }

        Dictionary<string, SourceNode> quantizers = source.Nodes.Where(n => n.OpType == "QuantizeLinear").ToDictionary(n => n.Outputs[0], StringComparer.Ordinal);
        Dictionary<string, Tensor> constants = source.Nodes.Where(n => n.OpType == "Constant" && n.Tensor("value") is not null)
            .ToDictionary(n => n.Outputs[0], n => n.Tensor("value")!, StringComparer.Ordinal);
        Tensor? Constant(string name) => source.Constants.TryGetValue(name, out Tensor? value) ? value : constants.GetValueOrDefault(name);
        var given = new List<GivenQuantization>();
        var nodes = new List<SourceNode>();
        foreach (SourceNode node in source.Nodes)
        {
            if (node.OpType != "DequantizeLinear" || !quantizers.TryGetValue(node.Inputs[0], out SourceNode? quantizer) || Range(quantizer, Constant) is not { } range || Range(node, Constant) != range)
            {
                nodes.Add(node);
                continue;
            }

            nodes.Add(node with { OpType = "Identity", Inputs = [quantizer.Inputs[0]], Attributes = ImmutableDictionary<string, object>.Empty });
            foreach (string tensor in new[] { node.Outputs[0], quantizer.Inputs[0] })
            {
                given.Add(new GivenQuantization(tensor) { Min = [range.Min], Max = [range.Max], Source = Path.GetFileName(source.Path) });
            }
        }

        return (source with { Nodes = [.. nodes] }, [.. given]);
    }

    /// <summary>The ranges of tensors that the lifted graph still has.</summary>
    public static ImmutableArray<GivenQuantization> Kept(ImmutableArray<GivenQuantization> given, Graph graph) =>
    [
        .. given.Where(g => graph.Tensors.TryGetValue(g.Tensor, out TensorSpec? spec) && spec is { Type: DataType.Float32, IsConstant: false }).DistinctBy(g => g.Tensor),
    ];

    /// <summary>The real numbers that the integers of a quantizer reach; null where they are not constant, or differ by channel.</summary>
    private static (float Min, float Max)? Range(SourceNode node, Func<string, Tensor?> constant)
    {
        Tensor? zero = node.Inputs.Length > 2 && node.Inputs[2].Length > 0 ? constant(node.Inputs[2]) : Tensor.Scalar((byte)0);
        if (constant(node.Inputs[1]) is not { Count: 1 } scale || zero is not { Count: 1 })
        {
            return null;
        }

        (long Low, long High) limits = zero.Type switch
        {
            DataType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
            DataType.Int16 => (short.MinValue, short.MaxValue),
            DataType.UInt16 => (0L, ushort.MaxValue),
            _ => (0L, byte.MaxValue),
        };
        double step = scale.ToFloats()[0];
        long z = zero.ToLongs()[0];
        return ((float)((limits.Low - z) * step), (float)((limits.High - z) * step));
    }
}
