using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>
/// The tensors that noise is counted of: the outputs, and in place of rows that a post-processing makes what it reads. Rows stand in the
/// order of their scores, so that the least noise among equally unlikely ones moves each to another place.
/// </summary>
internal sealed class JudgedTensors
{
    private readonly ImmutableArray<TensorSpec> _tensors;

    public JudgedTensors(Graph graph)
    {
        _tensors = [.. graph.Outputs.SelectMany(o => Judged(graph, o)).Distinct().Select(t => graph[t])];
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

    private static float[] Real(TensorSpec tensor, float[] values)
    {
        if (tensor.Quant is { } quant)
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (float)((values[i] - quant.ZeroPoint) * quant.Scale[quant.IsPerTensor ? 0 : i % quant.Scale.Length]);
            }
        }

        return values;
    }
}
