namespace SgsIpu.Core;

/// <summary>Element type and shape: what an operator infers for an output.</summary>
public readonly record struct TensorType(DataType Type, Shape Shape);
