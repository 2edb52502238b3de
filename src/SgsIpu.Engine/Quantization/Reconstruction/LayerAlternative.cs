using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>Another form of a node of a fixed graph, to be tried in its place.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Input">The activation in the form that the node is to read; it is made of what the node reads now.</param>
/// <param name="Weights">Integers of the weights.</param>
/// <param name="Bias">Null where the node has none.</param>
internal sealed record LayerAlternative(string Node, TensorSpec Input, TensorSpec Weights, TensorSpec? Bias);
