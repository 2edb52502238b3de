using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization;

/// <summary>A fixed model, and what else its making gave.</summary>
/// <param name="Chosen">Nodes that were given 16 bits because a level proposes it.</param>
/// <param name="Sensitivity">Noise over signal of each output with one node alone in 8 bits, by node, where that was measured.</param>
/// <param name="WithoutBorder">Makes the fixed graph with the float graph's own inputs and outputs.</param>
/// <param name="WithTypes">The same decisions for other types of the activations that convolutions read, by node.</param>
internal sealed record QuantizedModel(
    IpuModel Model,
    IEnumerable<string> Chosen,
    IReadOnlyDictionary<string, double[]> Sensitivity,
    Func<Graph> WithoutBorder,
    Func<IReadOnlyDictionary<string, DataType>, QuantizedModel> WithTypes);
