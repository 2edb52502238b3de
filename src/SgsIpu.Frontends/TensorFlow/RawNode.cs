using System.Collections.Immutable;
using SgsIpu.Frontends.TensorFlow.Proto;

namespace SgsIpu.Frontends.TensorFlow;

/// <summary>A node with its references resolved.</summary>
/// <param name="Inputs">Tensors that it reads: the first output of a node has the node's name, others are <c>name:i</c>.</param>
/// <param name="Controls">Nodes that run before it, though it reads nothing of them.</param>
internal sealed record RawNode(NodeDef Definition, ImmutableArray<string> Inputs, ImmutableArray<string> Controls)
{
    public string Name => Definition.Name;

    public string Op => Definition.Op;

    /// <summary>The node that computes a tensor.</summary>
    public static string NodeOf(string tensor) => tensor.LastIndexOf(':') is var colon and >= 0 ? tensor[..colon] : tensor;

    /// <summary>The name of a node's output.</summary>
    public static string Output(string node, int index) => index == 0 ? node : $"{node}:{index}";

    public AttrValue? Attribute(string name) => Definition.Attr.TryGetValue(name, out AttrValue? value) ? value : null;
}
