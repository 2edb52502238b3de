namespace SgsIpu.Core;

/// <summary>A named tensor of a graph: what it holds, not the values of one run (unless it is constant).</summary>
/// <param name="Name">Unique in the graph; the framework's own name where the tensor existed there.</param>
/// <param name="Type">Element type at this stage: Float32 in a float graph, integers in a fixed one.</param>
/// <param name="Shape">Every dimension is known.</param>
public sealed record TensorSpec(string Name, DataType Type, Shape Shape)
{
    /// <summary>The values of a constant (weights, biases, tables); null for an activation.</summary>
    public Tensor? Constant { get; init; }

    /// <summary>How integers map to real numbers; null in a float graph and for index tensors.</summary>
    public QuantParam? Quant { get; init; }

    public bool IsConstant => Constant is not null;

    /// <summary>Bytes that the tensor takes in memory.</summary>
    public long ByteCount => Type.ByteCount(Shape.Count);

    public static TensorSpec OfConstant(string name, Tensor value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new TensorSpec(name, value.Type, value.Shape) { Constant = value };
    }

    public override string ToString() => $"{Name} {Type} {Shape}";
}
