using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Engine.Importing;

/// <summary>Takes the part of a model between named tensors, as <c>onnx.utils.extract_model</c> does.</summary>
internal static class SourceCutter
{
    /// <param name="inputs">Tensors that become inputs; empty for the model's own.</param>
    /// <param name="outputs">Tensors that become outputs; empty for the model's own.</param>
    /// <exception cref="IpuException">A name is no tensor of the model, or the inputs do not suffice for the outputs.</exception>
    public static SourceGraph Cut(SourceGraph graph, ImmutableArray<string> inputs, ImmutableArray<string> outputs)
    {
        var declared = graph.Inputs.Concat(graph.Outputs).DistinctBy(t => t.Name).ToDictionary(t => t.Name);
        HashSet<string> known = [.. graph.Inputs.Select(i => i.Name), .. graph.Nodes.SelectMany(n => n.Outputs)];
        foreach (string name in inputs.Concat(outputs).Where(n => !known.Contains(n)))
        {
            throw new IpuException("CutTensorUnknown", $"{Path.GetFileName(graph.Path)} has no tensor '{name}' to cut at", IpuErrorKind.NotFound) { Target = name };
        }

        ImmutableArray<SourceTensor> ends = outputs.IsEmpty ? graph.Outputs : [.. outputs.Select(Declaration)];
        var starts = inputs.ToHashSet(StringComparer.Ordinal);
        var needed = ends.Select(o => o.Name).ToHashSet(StringComparer.Ordinal);
        var nodes = new List<SourceNode>();
        foreach (SourceNode node in graph.Nodes.Reverse())
        {
            if (node.Outputs.Any(o => needed.Contains(o) && !starts.Contains(o)))
            {
                nodes.Add(node);
                needed.UnionWith(node.Inputs.Where(i => i.Length > 0));
            }
        }

        nodes.Reverse();
        ImmutableArray<SourceTensor> kept = inputs.IsEmpty
            ? [.. graph.Inputs.Where(i => needed.Contains(i.Name))]
            : [.. inputs.Select(Declaration)];
        if (!inputs.IsEmpty && graph.Inputs.FirstOrDefault(i => needed.Contains(i.Name) && !starts.Contains(i.Name)) is { } missing)
        {
            throw new IpuException("CutIncomplete", $"the outputs also depend on input '{missing.Name}'; name it among the inputs as well", IpuErrorKind.InvalidArgument) { Target = missing.Name };
        }

        return graph with { Inputs = kept, Outputs = ends, Nodes = [.. nodes] };

        SourceTensor Declaration(string name) => declared.GetValueOrDefault(name) ?? new SourceTensor(name, DataType.Float32, default);
    }
}
