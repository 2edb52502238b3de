using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Engine;

/// <summary>All about one tensor of a model.</summary>
/// <param name="QuantType">The integer type that the tensor has or will have: UINT8, INT16, INT8, INT32…; empty where it is undecided.</param>
/// <param name="Kind">Input, Output, Variable or Constant.</param>
/// <param name="Bit">Bits of <paramref name="QuantType"/>, or of the data type.</param>
public sealed record TensorDetail(
    int Index,
    string Name,
    Shape Shape,
    string DataType,
    string QuantType,
    ImmutableArray<float> Min,
    ImmutableArray<float> Max,
    ImmutableArray<double> Scale,
    int ZeroPoint,
    int Bit,
    string Kind,
    string Producer,
    ImmutableArray<string> Consumers)
{
    /// <summary>The model that the tensor belongs to.</summary>
    public string Model { get; init; } = "";
}
