using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Engine;

/// <summary>All about one tensor of a model.</summary>
/// <param name="QuantType">The integer type that the tensor has, or of a float model will have as configured and asked: UINT8, INT16, INT8, INT32…;
/// empty where nothing is quantized.</param>
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
    /// <summary>
    /// How much further the integer for 0 of each channel is from <see cref="ZeroPoint"/>: real = Scale[c] · (q − ZeroPoint − Offsets[c]). Empty where all
    /// channels share one.
    /// </summary>
    public ImmutableArray<int> Offsets { get; init; } = [];

    /// <summary>The model that the tensor belongs to.</summary>
    public string Model { get; init; } = "";

    /// <summary>Signal to quantization noise in decibels that the integers of this tensor alone are expected to leave; NaN where it is not known: constants, float models, models read from a file.</summary>
    public double Sqnr { get; init; } = double.NaN;

    /// <summary>The tensor of the float model whose values this one stands for; what is asked of tensors goes by this name.</summary>
    public string FloatTensor { get; init; } = "";

    /// <summary>The model itself, for commands further down a pipeline.</summary>
    public IpuModel? Owner { get; init; }
}
