using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Engine.Importing;

/// <summary>
/// ONNX Runtime's optimizer writes convolutions with a sum and an activation in one (com.microsoft FusedConv). They become the operators
/// that they were made of, and passes fuse them as they fuse all others.
/// </summary>
internal static class FusedConvolutions
{
    private const string Domain = "com.microsoft";

    /// <exception cref="IpuException">An activation is not known (id <c>FusedActivation</c>).</exception>
    public static SourceGraph Split(SourceGraph source) =>
        source.Framework == Framework.Onnx && source.Nodes.Any(IsFused) ? source with { Nodes = [.. source.Nodes.SelectMany(n => IsFused(n) ? Parts(n) : [n])] } : source;

    private static bool IsFused(SourceNode node) => node.OpType == "FusedConv" && node.Domain == Domain;

    private static IEnumerable<SourceNode> Parts(SourceNode node)
    {
        string output = node.Outputs[0];
        string activation = node.String("activation", "");
        bool adds = node.Inputs.Length > 3 && node.Inputs[3].Length > 0;
        string convolved = adds || activation.Length > 0 ? output + "/convolved" : output;
        yield return node with
        {
            OpType = "Conv",
            Domain = "",
            Inputs = [.. node.Inputs.Take(3)],
            Outputs = [convolved],
            Attributes = node.Attributes.Where(a => a.Key is not ("activation" or "activation_params")).ToImmutableDictionary(),
        };
        string summed = convolved;
        if (adds)
        {
            summed = activation.Length > 0 ? output + "/summed" : output;
            yield return new SourceNode(node.Name + "/sum", "Add", [convolved, node.Inputs[3]], [summed], ImmutableDictionary<string, object>.Empty);
        }

        if (activation.Length > 0)
        {
            yield return new SourceNode(node.Name + "/activation", activation, [summed], [output], Parameters(node, activation));
        }
    }

    private static ImmutableDictionary<string, object> Parameters(SourceNode node, string activation)
    {
        string[] names = activation switch
        {
            "Relu" or "Tanh" or "Sigmoid" => [],
            "LeakyRelu" => ["alpha"],
            "Clip" => ["min", "max"],
            "HardSigmoid" => ["alpha", "beta"],
            _ => throw new IpuException(
                "FusedActivation", $"node '{node.Name}' (FusedConv): activation '{activation}' is not supported; Relu, LeakyRelu, Clip, Sigmoid, HardSigmoid and Tanh are", IpuErrorKind.NotSupported)
            { Target = node.Name },
        };
        float[] values = node.Floats("activation_params") ?? [];
        return names.Zip(values).ToImmutableDictionary(p => p.First, p => (object)p.Second);
    }
}
