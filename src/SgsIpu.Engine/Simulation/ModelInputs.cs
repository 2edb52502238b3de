using SgsIpu.Core;

namespace SgsIpu.Engine.Simulation;

/// <summary>The border of every runner: are these the inputs that the graph takes?</summary>
internal static class ModelInputs
{
    /// <exception cref="IpuException">An input is missing, unknown, or has another type or shape.</exception>
    public static void Check(Graph graph, IReadOnlyDictionary<string, Tensor> inputs)
    {
        foreach (string name in graph.Inputs)
        {
            TensorSpec spec = graph[name];
            if (!inputs.TryGetValue(name, out Tensor? value))
            {
                throw new IpuException("InputMissing", $"model '{graph.Name}': input '{name}' is not given; it takes {spec.Type} {spec.Shape}", IpuErrorKind.InvalidArgument) { Target = name };
            }

            if (value.Type != spec.Type || value.Shape != spec.Shape)
            {
                throw new IpuException("InputMismatch", $"model '{graph.Name}': input '{name}' takes {spec.Type} {spec.Shape}, not {value}", IpuErrorKind.InvalidArgument) { Target = name };
            }
        }

        if (inputs.Keys.FirstOrDefault(k => !graph.Inputs.Contains(k)) is { } unknown)
        {
            throw new IpuException("InputUnknown", $"model '{graph.Name}' has no input '{unknown}'; it has {string.Join(", ", graph.Inputs)}", IpuErrorKind.InvalidArgument) { Target = unknown };
        }
    }
}
