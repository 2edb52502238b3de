using System.Collections.Frozen;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>Decides for each convolution-like node whether it runs UINT8×INT8 or INT16×INT16.</summary>
internal sealed class ConvolutionPrecision
{
    private readonly FrozenSet<string> _named;
    private readonly ConvolutionFormat? _format;
    private readonly string? _first;
    private readonly GivenTable? _given;
    private readonly IReadOnlyDictionary<string, DataType>? _chosen;

    /// <exception cref="IpuException">A tensor of <c>tensor_arrays</c> is the first input of no convolution (id <c>ConfigTensorArrays</c>).</exception>
    /// <param name="chosen">Types by node, in place of the configuration's.</param>
    public ConvolutionPrecision(Graph graph, InputConfig? config, GivenTable? given = null, IReadOnlyDictionary<string, DataType>? chosen = null)
    {
        _given = given;
        _chosen = chosen;
        Node[] convolutions = [.. graph.Nodes.Where(n => ((IpuOperator)n.Op).Quantize(graph.InputsOf(n)) is { Class: QuantClass.Convolution, Weight: >= 0 })];
        _first = convolutions.FirstOrDefault()?.Name;
        _format = config?.ConvolutionFormat;
        _named = (config?.TensorArrays ?? []).ToFrozenSet(StringComparer.Ordinal);
        foreach (string name in _named)
        {
            if (!convolutions.Any(n => n.Inputs[0] == name))
            {
                throw new IpuException(
                    "ConfigTensorArrays",
                    $"[CONV_CONFIG] tensor_arrays: '{name}' is the first input of no convolution of model '{graph.Name}'",
                    IpuErrorKind.InvalidArgument) { Target = name };
            }
        }
    }

    /// <summary>The type of the node's activation input.</summary>
    public DataType Of(Node node, QuantRule rule)
    {
        // Two activations: the second has no scale by channel, and 8 bits would not be enough for it.
        if (rule.Weight < 0)
        {
            return DataType.Int16;
        }

        if (_given?.Bit(node, rule) is { } bit)
        {
            return bit == 16 ? DataType.Int16 : DataType.UInt8;
        }

        // The vendor's rule: tensor_arrays does not reach the first convolution.
        if (node.Name != _first && _named.Contains(node.Inputs[0]))
        {
            return DataType.Int16;
        }

        if (_chosen is not null && _chosen.TryGetValue(node.Name, out DataType type))
        {
            return type;
        }

        bool wide = _format switch
        {
            ConvolutionFormat.AllInt16 => true,
            ConvolutionFormat.Conv2DInt16 => node.Op is Conv2DOp,
            ConvolutionFormat.DepthwiseInt16 => node.Op is DepthwiseConv2DOp,
            _ => false,
        };
        return wide ? DataType.Int16 : DataType.UInt8;
    }
}
