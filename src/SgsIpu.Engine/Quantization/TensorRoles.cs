using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>Finds what the tensors of a float graph are to the quantizer.</summary>
internal sealed class TensorRoles
{
    private readonly Graph _graph;
    private readonly Dictionary<string, (TensorRole Role, int Channels)> _convolution = new(StringComparer.Ordinal);

    public TensorRoles(Graph graph)
    {
        _graph = graph;
        foreach (Node node in graph.Nodes)
        {
            QuantRule rule = ((IpuOperator)node.Op).Quantize(graph.InputsOf(node));
            if (rule is not { Class: QuantClass.Convolution, Weight: >= 0 })
            {
                continue;
            }

            TensorSpec weights = graph[node.Inputs[rule.Weight]];
            _convolution.TryAdd(weights.Name, (TensorRole.Weight, rule.WeightAxis < 0 ? 1 : weights.Shape[rule.WeightAxis]));
            if (rule.Bias >= 0 && rule.Bias < node.Inputs.Length && node.Inputs[rule.Bias].Length > 0)
            {
                _convolution.TryAdd(node.Inputs[rule.Bias], (TensorRole.Bias, 1));
            }
        }
    }

    public TensorRole this[string tensor] =>
        !_graph.Tensors.TryGetValue(tensor, out TensorSpec? spec) ? TensorRole.Unknown
        : spec.Type != DataType.Float32 ? TensorRole.Exact
        : !spec.IsConstant ? TensorRole.Activation
        : _convolution.TryGetValue(tensor, out (TensorRole Role, int) found) ? found.Role
        : TensorRole.Constant;

    /// <summary>Output channels of weights.</summary>
    public int WeightChannels(string weights) => _convolution[weights].Channels;
}
