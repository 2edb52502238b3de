using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Index tensors of the fixed form: INT64, INT32, or what a board hands over, INT16 and UINT16. Negative indices count from the end.</summary>
internal static class Indices
{
    public static bool IsIndex(DataType type) => type is DataType.Int64 or DataType.Int32 or DataType.Int16 or DataType.UInt16 or DataType.UInt8;

    /// <summary>Reads one index and maps it to [0, length).</summary>
    /// <exception cref="IpuException">It is outside of the dimension (id <c>GatherIndex</c>).</exception>
    public static int Read(ReadOnlySpan<byte> bytes, DataType type, int at, int length, string node)
    {
        long index = type switch
        {
            DataType.Int64 => BitConverter.ToInt64(bytes[(at * 8)..]),
            DataType.Int32 => BitConverter.ToInt32(bytes[(at * 4)..]),
            DataType.Int16 => BitConverter.ToInt16(bytes[(at * 2)..]),
            DataType.UInt16 => BitConverter.ToUInt16(bytes[(at * 2)..]),
            _ => bytes[at],
        };
        long positive = index < 0 ? index + length : index;
        return positive >= 0 && positive < length
            ? (int)positive
            : throw new IpuException("GatherIndex", $"node '{node}': index {index} is outside of {-length} to {length - 1}", IpuErrorKind.InvalidArgument) { Target = node };
    }

    /// <summary>ONNX takes INT64 and INT32 indices.</summary>
    public static string Emit(OnnxEmitter emitter, string tensor) =>
        emitter.Spec(tensor).Type is DataType.Int64 or DataType.Int32 ? emitter.Native(tensor) : emitter.Add("Cast", [emitter.Native(tensor)], "indices", ("to", 7L));
}
