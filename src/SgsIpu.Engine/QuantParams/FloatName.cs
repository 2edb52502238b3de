using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.QuantParams;

/// <summary>Leads from the tensors of a fixed graph to those of the float one.</summary>
internal static class FloatName
{
    private const string Suffix = "/fixed";

    /// <summary>The tensor of the float graph whose values the integers stand for.</summary>
    public static string Of(Graph graph, string tensor)
    {
        while (graph.Producer(tensor) is { } producer)
        {
            bool moved = producer.Op is TransposeOp && graph.Inputs.Contains(producer.Inputs[0]) && graph.Consumers(tensor).All(c => c.Op is BoundaryOp);
            if (producer.Op is not BoundaryOp && !moved)
            {
                break;
            }

            tensor = producer.Inputs[0];
        }

        string output = tensor.EndsWith(Suffix, StringComparison.Ordinal) ? tensor[..^Suffix.Length] : "";
        return graph.Outputs.Contains(output) ? output : tensor;
    }
}
