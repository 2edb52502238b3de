using SgsIpu.Core;

namespace SgsIpu.Frontends.TfLite;

/// <param name="Buffer">Position of the values; 0 for a tensor that has none.</param>
public sealed record TfLiteTensor(string Name, DataType Type, Shape Shape, int Buffer)
{
    public QuantParam? Quant { get; init; }

    /// <summary>True for state that is kept from one run to the next; it starts at zero.</summary>
    public bool IsVariable { get; init; }
}
