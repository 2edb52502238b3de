using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Quantization;
using SgsIpu.Engine.QuantParams;

namespace SgsIpu.Engine;

/// <summary>Describes every tensor of a model.</summary>
internal static class TensorTable
{
    public static IReadOnlyList<TensorDetail> Of(IpuModel model)
    {
        Graph graph = model.Graph;
        var names = new List<string>(graph.Inputs);
        foreach (Node node in graph.Nodes)
        {
            names.AddRange(node.Inputs.Where(i => i.Length > 0 && graph[i].IsConstant));
            names.AddRange(node.Outputs);
        }

        FloatTypes? types = model.Stage == IpuStage.Float ? new FloatTypes(model) : null;
        return [.. names.Distinct(StringComparer.Ordinal).Select((name, index) => Describe(model, graph[name], index, types))];
    }

    private static TensorDetail Describe(IpuModel model, TensorSpec tensor, int index, FloatTypes? types)
    {
        Graph graph = model.Graph;
        DataType? type = types is not null ? types.Of(tensor.Name) : tensor.Quant is null ? null : tensor.Type;
        string quantized = type?.ToString().ToUpperInvariant() ?? "";
        return new TensorDetail(
            index,
            tensor.Name,
            tensor.Shape,
            tensor.Type.ToString(),
            quantized,
            tensor.Quant?.Min ?? [],
            tensor.Quant?.Max ?? [],
            tensor.Quant?.Scale ?? [],
            tensor.Quant?.ZeroPoint ?? 0,
            (type ?? tensor.Type).Bits(),
            Kind(graph, tensor),
            graph.Producer(tensor.Name)?.Op.Name ?? "",
            [.. graph.Consumers(tensor.Name).Select(c => c.Op.Name)])
        {
            Offsets = tensor.Quant?.Offsets ?? [],
            Model = model.Name,
            Owner = model,
            FloatTensor = types is null ? FloatName.Of(graph, tensor.Name) : tensor.Name,
            Sqnr = model.Report?.Sqnr.GetValueOrDefault(tensor.Name, double.NaN) ?? double.NaN,
        };
    }

    private static string Kind(Graph graph, TensorSpec tensor) =>
        tensor.IsConstant ? "Constant"
        : graph.Inputs.Contains(tensor.Name) ? "Input"
        : graph.Outputs.Contains(tensor.Name) ? "Output"
        : "Variable";
}
