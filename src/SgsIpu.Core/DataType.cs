namespace SgsIpu.Core;

/// <summary>Element type of a tensor. The numeric values are part of the file formats and never change.</summary>
public enum DataType
{
    Float32 = 0,
    Float16 = 1,
    Int32 = 2,
    UInt8 = 3,
    Int64 = 4,
    Bool = 6,
    Int16 = 7,
    Int8 = 9,
    Float64 = 10,
    UInt16 = 16,

    /// <summary>Two's complement 4-bit weights in [-7, 7], two a byte, low nibble first.</summary>
    Int4 = 17,
}
