using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Frontends.TfLite;

/// <summary>A tensor as the file declares it, with a name of its own.</summary>
/// <param name="Table">The tensor's table, for what only few tensors have.</param>
/// <param name="Type">The format's number of the element type.</param>
/// <param name="Scales">Of quantized elements: one, or one for each position along <paramref name="Axis"/>; empty for others.</param>
internal sealed record RawTensor(FlatTable Table, string Name, int Type, ImmutableArray<int> Shape, ReadOnlyMemory<byte> Data, float[] Scales, long[] ZeroPoints, int Axis)
{
    /// <summary>True for integers that stand for real numbers.</summary>
    public bool IsQuantized => TfLiteTypes.IsQuantizable(Type) && Scales.Length > 0;

    /// <summary>State that a model keeps from one run to the next.</summary>
    public bool IsVariable => Table.Byte(5) != 0;

    public static RawTensor Read(FlatTable table, string name, ReadOnlyMemory<byte> data)
    {
        FlatTable? quantization = table.Table(4);
        return new RawTensor(
            table,
            name,
            table.Byte(1),
            [.. table.Ints(0)],
            data,
            quantization?.Floats(2) ?? [],
            quantization?.Longs(3) ?? [],
            quantization?.Int(6) ?? 0);
    }

    /// <summary>Dimensions as the file declares them, −1 for open ones.</summary>
    public ImmutableArray<int> Declared()
    {
        int[] signature = Table.Ints(7);
        IEnumerable<int> sizes = signature.Length == Shape.Length ? signature : Shape;
        return [.. sizes.Select(d => d < 0 ? -1 : d)];
    }

    public IpuException Error(string id, string what, IpuErrorKind kind = IpuErrorKind.InvalidFile) => new(id, $"TFLite tensor '{Name}': {what}", kind) { Target = Name };
}
