namespace SgsIpu.Engine.Compilation;

/// <summary>Memory that an offline image needs, in bytes.</summary>
/// <param name="Arena">All activations of one run.</param>
/// <param name="Constants">Weights, biases and tables, aligned.</param>
/// <param name="Inputs">The inputs of one run; a batch needs as many as it has items.</param>
/// <param name="Outputs">The outputs of one run; a batch needs as many as it has items.</param>
public sealed record ImageSizes(long Arena, long Constants, long Inputs, long Outputs);
