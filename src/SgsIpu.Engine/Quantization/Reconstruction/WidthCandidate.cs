namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>A layer that may run at 8 or at 16 bits.</summary>
/// <param name="Noise">Noise over signal that 8 bits in this layer alone add to each part of the outputs.</param>
/// <param name="IsWide">Whether it runs at 16 bits in the model that is there.</param>
internal sealed record WidthCandidate(string Node, double Macs, double[] Noise, bool IsWide);
