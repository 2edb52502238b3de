using SgsIpu.Core;

namespace SgsIpu.Frontends.Onnx;

/// <summary>Element types of the ONNX format: the numbers of TensorProto.DataType.</summary>
internal static class OnnxTypes
{
    public const int Float = 1;
    public const int UInt8 = 2;
    public const int Int8 = 3;
    public const int UInt16 = 4;
    public const int Int16 = 5;
    public const int Int32 = 6;
    public const int Int64 = 7;
    public const int Bool = 9;
    public const int Float16 = 10;
    public const int Double = 11;
    public const int UInt32 = 12;
    public const int UInt64 = 13;
    public const int BFloat16 = 16;
    public const int UInt4 = 21;
    public const int Int4 = 22;

    private static readonly string[] Names =
    [
        "UNDEFINED", "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL", "FLOAT16", "DOUBLE", "UINT32", "UINT64",
        "COMPLEX64", "COMPLEX128", "BFLOAT16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "UINT4", "INT4", "FLOAT4E2M1",
    ];

    /// <summary>The format's number of an element type.</summary>
    public static int ToOnnx(DataType type) => type switch
    {
        DataType.Float32 => Float,
        DataType.UInt8 => UInt8,
        DataType.Int8 => Int8,
        DataType.UInt16 => UInt16,
        DataType.Int16 => Int16,
        DataType.Int32 => Int32,
        DataType.Int64 => Int64,
        DataType.Bool => Bool,
        DataType.Float16 => Float16,
        DataType.Float64 => Double,
        DataType.Int4 => Int4,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown element type"),
    };

    /// <summary>
    /// The element type that stands for a number of the format, or null where there is none. The types that the tool chain lacks but can hold
    /// in a wider one become that: BFLOAT16 → Float32, UINT32 and UINT64 → Int64.
    /// </summary>
    public static DataType? FromOnnx(int type) => type switch
    {
        Float or BFloat16 => DataType.Float32,
        UInt8 => DataType.UInt8,
        Int8 => DataType.Int8,
        UInt16 => DataType.UInt16,
        Int16 => DataType.Int16,
        Int32 => DataType.Int32,
        Int64 or UInt32 or UInt64 => DataType.Int64,
        Bool => DataType.Bool,
        Float16 => DataType.Float16,
        Double => DataType.Float64,
        Int4 => DataType.Int4,
        _ => null,
    };

    public static string NameOf(int type) => type >= 0 && type < Names.Length ? Names[type] : $"type {type}";
}
