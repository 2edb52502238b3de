using SgsIpu.Core;

namespace SgsIpu.Frontends.TfLite;

/// <summary>Element types of TFLite: the numbers of its TensorType enumeration.</summary>
internal static class TfLiteTypes
{
    public const int Float32 = 0;
    public const int Float16 = 1;
    public const int Int32 = 2;
    public const int UInt8 = 3;
    public const int Int64 = 4;
    public const int Bool = 6;
    public const int Int16 = 7;
    public const int Int8 = 9;
    public const int Float64 = 10;
    public const int UInt64 = 12;
    public const int UInt32 = 15;
    public const int UInt16 = 16;
    public const int Int4 = 17;

    private static readonly string[] Names =
    [
        "FLOAT32", "FLOAT16", "INT32", "UINT8", "INT64", "STRING", "BOOL", "INT16", "COMPLEX64", "INT8", "FLOAT64", "COMPLEX128", "UINT64", "RESOURCE", "VARIANT",
        "UINT32", "UINT16", "INT4",
    ];

    /// <summary>
    /// The element type that stands for a number of the format, or null where there is none. All real numbers become Float32, which the
    /// float model computes in; UINT32 and UINT64 become Int64.
    /// </summary>
    public static DataType? FromTfLite(int type) => type switch
    {
        Float32 or Float16 or Float64 => DataType.Float32,
        Int32 => DataType.Int32,
        UInt8 => DataType.UInt8,
        Int64 or UInt32 or UInt64 => DataType.Int64,
        Bool => DataType.Bool,
        Int16 => DataType.Int16,
        Int8 or Int4 => DataType.Int8,
        UInt16 => DataType.UInt16,
        _ => null,
    };

    /// <summary>Types whose elements may stand for real numbers by a scale.</summary>
    public static bool IsQuantizable(int type) => type is UInt8 or Int8 or Int16 or Int4;

    /// <summary>Bytes of one element; 0 for INT4, of which two are in a byte.</summary>
    public static int Width(int type) => type switch
    {
        Int4 => 0,
        UInt8 or Int8 or Bool => 1,
        Float16 or Int16 or UInt16 => 2,
        Float32 or Int32 or UInt32 => 4,
        _ => 8,
    };

    public static string NameOf(int type) => type >= 0 && type < Names.Length ? Names[type] : $"type {type}";
}
