using SgsIpu.Core;

namespace SgsIpu.Frontends.TensorFlow;

/// <summary>Element types of TensorFlow: the numbers of its DataType enumeration.</summary>
internal static class TensorFlowTypes
{
    public const int Float = 1;
    public const int Double = 2;
    public const int Int32 = 3;
    public const int UInt8 = 4;
    public const int Int16 = 5;
    public const int Int8 = 6;
    public const int String = 7;
    public const int Int64 = 9;
    public const int Bool = 10;
    public const int BFloat16 = 14;
    public const int UInt16 = 17;
    public const int Half = 19;
    public const int UInt32 = 22;
    public const int UInt64 = 23;

    /// <summary>A reference to a variable has the type of its value, this much higher.</summary>
    private const int Reference = 100;

    private static readonly string[] Names =
    [
        "DT_INVALID", "DT_FLOAT", "DT_DOUBLE", "DT_INT32", "DT_UINT8", "DT_INT16", "DT_INT8", "DT_STRING", "DT_COMPLEX64", "DT_INT64", "DT_BOOL", "DT_QINT8",
        "DT_QUINT8", "DT_QINT32", "DT_BFLOAT16", "DT_QINT16", "DT_QUINT16", "DT_UINT16", "DT_COMPLEX128", "DT_HALF", "DT_RESOURCE", "DT_VARIANT", "DT_UINT32", "DT_UINT64",
    ];

    /// <summary>
    /// The element type that stands for a number of the format, or null where there is none. All real numbers become Float32, which the
    /// float model computes in; DT_UINT32 and DT_UINT64 become Int64.
    /// </summary>
    public static DataType? FromTensorFlow(int type) => (type > Reference ? type - Reference : type) switch
    {
        Float or Double or Half or BFloat16 => DataType.Float32,
        Int32 => DataType.Int32,
        UInt8 => DataType.UInt8,
        Int16 => DataType.Int16,
        Int8 => DataType.Int8,
        Int64 or UInt32 or UInt64 => DataType.Int64,
        Bool => DataType.Bool,
        UInt16 => DataType.UInt16,
        _ => null,
    };

    /// <summary>Bytes of one element in <c>tensor_content</c>.</summary>
    public static int Width(int type) => type switch
    {
        UInt8 or Int8 or Bool => 1,
        Half or BFloat16 or Int16 or UInt16 => 2,
        Float or Int32 or UInt32 => 4,
        _ => 8,
    };

    public static string NameOf(int type) => type >= 0 && type < Names.Length ? Names[type]
        : type > Reference && type - Reference < Names.Length ? Names[type - Reference] + "_REF"
        : $"type {type}";
}
