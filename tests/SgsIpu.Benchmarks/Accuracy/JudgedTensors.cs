using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>
/// The tensors that noise is counted of: the outputs, and in place of rows that a post-processing makes what it reads. Rows stand in the
/// order of their scores, so that the least noise among equally unlikely ones moves each to another place.
/// </summary>
/// <remarks>
/// Behind a softmax nearly all noise is that of the few undecided samples, which is another for every set of pictures; what it reads (logits)
/// tells more of the network.
/// </remarks>
internal sealed class JudgedTensors
{
    private readonly ImmutableArray<TensorSpec> _tensors;

    /// <param name="beforeSoftmax">Whether logits stand in place of what a softmax makes of them.</param>
    public JudgedTensors(Graph graph, bool beforeSoftmax = false)
    {
        _tensors = [.. graph.Outputs.SelectMany(o => Judged(graph, o)).Select(t => beforeSoftmax ? BeforeSoftmax(graph, t) : t).Distinct().Select(t => graph[t])];
        Observed = [.. _tensors.Select(t => t.Name).Except(graph.Outputs)];
    }

    /// <summary>Those of them that are no outputs.</summary>
    public ImmutableArray<string> Observed { get; }

    /// <summary>Their real values.</summary>
    public IReadOnlyList<float[]> Of(IReadOnlyDictionary<string, Tensor> values) => [.. _tensors.Select(t => Real(t, values[t.Name].ToFloats()))];

    private static IEnumerable<string> Judged(Graph graph, string output) =>
        graph.Producer(output) is { } node && ((IpuOperator)node.Op).Quantize(graph.InputsOf(node)) is { Class: QuantClass.PostProcessing } rule
            ? rule.Activations.Select(i => node.Inputs[i])
            : [output];

    private static string BeforeSoftmax(Graph graph, string tensor)
    {
        Node? node = graph.Producer(tensor);
        while (node is { Op: ReshapeOp or TransposeOp or IdentityOp or DequantizeOp or RequantizeOp })
        {
            node = graph.Producer(node.Inputs[0]);
        }

        return node is { Op: SoftmaxOp } ? node.Inputs[0] : tensor;
    }

    private static float[] Real(TensorSpec tensor, float[] values)
    {
        if (tensor.Quant is { } quant)
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (float)((values[i] - quant.ZeroOf(quant.IsPerTensor ? 0 : i % quant.Scale.Length)) * quant.Scale[quant.IsPerTensor ? 0 : i % quant.Scale.Length]);
            }
        }

        return values;
    }
}
