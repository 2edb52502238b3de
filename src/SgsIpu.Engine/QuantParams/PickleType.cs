using SgsIpu.Core;

namespace SgsIpu.Engine.QuantParams;

/// <summary>A NumPy element type while a pickle is read: its code, then the byte order of its state.</summary>
internal sealed class PickleType(string code)
{
    public bool BigEndian { get; set; }

    /// <summary>Null where the type is none of a tensor.</summary>
    public DataType? Type => code switch
    {
        "f2" => DataType.Float16,
        "f4" => DataType.Float32,
        "f8" => DataType.Float64,
        "i1" => DataType.Int8,
        "i2" => DataType.Int16,
        "i4" => DataType.Int32,
        "i8" => DataType.Int64,
        "u1" => DataType.UInt8,
        "u2" => DataType.UInt16,
        "b1" => DataType.Bool,
        _ => null,
    };

    public string Code => code;
}
