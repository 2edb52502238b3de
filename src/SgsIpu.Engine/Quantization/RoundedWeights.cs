using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization;

/// <summary>The integers of a convolution-like node.</summary>
/// <param name="Bias">Null where the node has none.</param>
internal sealed record RoundedWeights(Tensor Weights, QuantParam WeightQuant, Tensor? Bias, QuantParam? BiasQuant);
