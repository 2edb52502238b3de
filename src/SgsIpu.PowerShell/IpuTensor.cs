using SgsIpu.Core;

namespace SgsIpu.PowerShell;

/// <summary>A tensor of one run, with its name.</summary>
public sealed class IpuTensor(string name, Tensor value)
{
    public string Name => name;

    public int[] Shape => value.Shape.ToArray();

    public string DataType => value.Type.ToString();

    /// <summary>Number of elements.</summary>
    public long Count => value.Count;

    /// <summary>The tensor itself.</summary>
    public Tensor Value => value;

    /// <summary>The elements in the tensor's own type, as a flat array.</summary>
    public Array ToArray() => value.Type switch
    {
        Core.DataType.Float32 => value.As<float>().ToArray(),
        Core.DataType.Float64 => value.As<double>().ToArray(),
        Core.DataType.UInt8 => value.Bytes.ToArray(),
        Core.DataType.Int8 => value.As<sbyte>().ToArray(),
        Core.DataType.Int16 => value.As<short>().ToArray(),
        Core.DataType.UInt16 => value.As<ushort>().ToArray(),
        Core.DataType.Int32 => value.As<int>().ToArray(),
        Core.DataType.Int64 => value.As<long>().ToArray(),
        Core.DataType.Bool => value.As<bool>().ToArray(),
        _ => value.ToFloats(),
    };

    /// <summary>The elements in single precision, as a flat array.</summary>
    public float[] ToFloatArray() => value.ToFloats();

    public override string ToString() => $"{name} {value}";
}
