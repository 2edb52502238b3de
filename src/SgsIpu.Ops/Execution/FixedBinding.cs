using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>The typed tensors that a node of a fixed-point graph runs on: types, mappings, and the values of the constants.</summary>
/// <param name="NodeName">For messages.</param>
public sealed record FixedBinding(string NodeName, ImmutableArray<TensorSpec?> Inputs, ImmutableArray<TensorSpec> Outputs)
{
    public TensorSpec Input(int index) => index < Inputs.Length && Inputs[index] is { } spec
        ? spec
        : throw new IpuException("FixedNotSupported", $"node '{NodeName}' has no input {index}", IpuErrorKind.Internal) { Target = NodeName };

    public TensorSpec? OptionalInput(int index) => index < Inputs.Length ? Inputs[index] : null;

    public TensorSpec Output => Outputs[0];

    /// <summary>The scale of a tensor that has one.</summary>
    public static double Scale(TensorSpec tensor) => Quant(tensor).Scale[0];

    public static QuantParam Quant(TensorSpec tensor) => tensor.Quant
        ?? throw new IpuException("FixedNotSupported", $"tensor '{tensor.Name}' ({tensor.Type}) has no quantization", IpuErrorKind.Internal) { Target = tensor.Name };

    public IpuException NotSupported(string message) =>
        new("FixedNotSupported", $"node '{NodeName}': {message}", IpuErrorKind.NotSupported) { Target = NodeName };
}
