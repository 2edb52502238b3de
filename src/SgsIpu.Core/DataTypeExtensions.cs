namespace SgsIpu.Core;

/// <summary>Sizes of the element types.</summary>
public static class DataTypeExtensions
{
    /// <summary>Bits that one element takes.</summary>
    public static int Bits(this DataType type) => type switch
    {
        DataType.Int4 => 4,
        DataType.UInt8 or DataType.Int8 or DataType.Bool => 8,
        DataType.Int16 or DataType.UInt16 or DataType.Float16 => 16,
        DataType.Int32 or DataType.Float32 => 32,
        DataType.Int64 or DataType.Float64 => 64,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown element type"),
    };

    /// <summary>Bytes that <paramref name="count"/> elements take (Int4 is rounded up to whole bytes).</summary>
    public static long ByteCount(this DataType type, long count) => ((count * type.Bits()) + 7) / 8;

    public static bool IsFloat(this DataType type) => type is DataType.Float32 or DataType.Float16 or DataType.Float64;
}
