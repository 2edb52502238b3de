using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using SgsIpu.Core;
using SgsIpu.Frontends.Onnx.Proto;

namespace SgsIpu.Frontends.Onnx;

/// <summary>Reads TensorProto in each of its storage forms: raw bytes, typed fields, and files beside the model.</summary>
internal sealed class OnnxTensorReader(string folder)
{
    private const int External = 1;

    /// <exception cref="IpuException">The values do not fill the shape, or the element type is not supported.</exception>
    public Tensor Read(TensorData data, string name)
    {
        DataType type = OnnxTypes.FromOnnx(data.DataType)
            ?? throw Damaged(name, $"elements of {OnnxTypes.NameOf(data.DataType)} are not supported", IpuErrorKind.NotSupported);
        Shape shape = ShapeOf(data, name);
        long count = shape.Count;
        if (data.DataLocation == External)
        {
            return FromRaw(data.DataType, type, shape, ReadExternal(data, name), name);
        }

        if (data.RawData.Length > 0 || count == 0)
        {
            return FromRaw(data.DataType, type, shape, data.RawData.Memory, name);
        }

        Array values = data.DataType switch
        {
            OnnxTypes.Float => data.FloatData.ToArray(),
            OnnxTypes.Double => data.DoubleData.ToArray(),
            OnnxTypes.Int64 => data.Int64Data.ToArray(),
            OnnxTypes.Int32 => data.Int32Data.ToArray(),
            OnnxTypes.UInt32 or OnnxTypes.UInt64 => data.Uint64Data.Select(v => unchecked((long)v)).ToArray(),
            OnnxTypes.UInt8 => data.Int32Data.Select(v => unchecked((byte)v)).ToArray(),
            OnnxTypes.Int8 => data.Int32Data.Select(v => unchecked((sbyte)v)).ToArray(),
            OnnxTypes.UInt16 => data.Int32Data.Select(v => unchecked((ushort)v)).ToArray(),
            OnnxTypes.Int16 => data.Int32Data.Select(v => unchecked((short)v)).ToArray(),
            OnnxTypes.Bool => data.Int32Data.Select(v => v != 0).ToArray(),
            OnnxTypes.Float16 => data.Int32Data.Select(v => BitConverter.UInt16BitsToHalf(unchecked((ushort)v))).ToArray(),
            OnnxTypes.BFloat16 => data.Int32Data.Select(v => BitConverter.Int32BitsToSingle(v << 16)).ToArray(),
            _ => throw Damaged(name, $"{OnnxTypes.NameOf(data.DataType)} elements must be stored as raw data"),
        };
        if (values.LongLength != count)
        {
            throw Damaged(name, $"it holds {values.LongLength} elements, its shape {shape} takes {count}");
        }

        var bytes = new byte[type.ByteCount(count)];
        MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(values), bytes.Length).CopyTo(bytes);
        return new Tensor(type, shape, bytes);
    }

    private Tensor FromRaw(int onnxType, DataType type, Shape shape, ReadOnlyMemory<byte> raw, string name)
    {
        (int width, Func<byte[], int, double>? widen) = onnxType switch
        {
            OnnxTypes.UInt32 => (4, static (b, i) => BitConverter.ToUInt32(b, i * 4)),
            OnnxTypes.BFloat16 => (2, (Func<byte[], int, double>?)(static (b, i) => BitConverter.Int32BitsToSingle(BitConverter.ToUInt16(b, i * 2) << 16))),
            _ => (0, null),
        };
        long expected = widen is null ? type.ByteCount(shape.Count) : shape.Count * width;
        if (raw.Length != expected)
        {
            throw Damaged(name, $"it holds {raw.Length} bytes, {OnnxTypes.NameOf(onnxType)} {shape} takes {expected}");
        }

        if (widen is null)
        {
            return Tensor.Over(type, shape, raw);
        }

        byte[] narrow = raw.ToArray();
        int count = (int)shape.Count;
        return type == DataType.Float32
            ? Tensor.FromArray<float>([.. Enumerable.Range(0, count).Select(i => (float)widen(narrow, i))], shape)
            : Tensor.FromArray<long>([.. Enumerable.Range(0, count).Select(i => (long)widen(narrow, i))], shape);
    }

    private Shape ShapeOf(TensorData data, string name)
    {
        long count = 1;
        foreach (long d in data.Dims)
        {
            // int.MaxValue bytes is the most that a tensor can hold; the product stops before it overflows.
            if (d < 0 || d > int.MaxValue || (count *= d) > int.MaxValue)
            {
                throw Damaged(name, $"its shape [{string.Join(", ", data.Dims)}] is not possible");
            }
        }

        return new Shape([.. data.Dims.Select(d => (int)d)]);
    }

    private byte[] ReadExternal(TensorData data, string name)
    {
        string location = data.ExternalData.FirstOrDefault(e => e.Key == "location")?.Value ?? throw Damaged(name, "its external data names no file");
        string path = Path.GetFullPath(Path.Combine(folder, location));
        string root = Path.GetFullPath(folder + Path.DirectorySeparatorChar);
        bool outside = Path.IsPathRooted(location) || !path.StartsWith(root, StringComparison.Ordinal)
            || new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) is { } target && !target.FullName.StartsWith(root, StringComparison.Ordinal);
        if (outside)
        {
            throw new IpuException("OnnxExternalOutside", $"initializer '{name}' asks for the file '{location}', which is outside the model's folder") { Target = name };
        }

        if (!File.Exists(path))
        {
            throw new IpuException("OnnxExternalMissing", $"initializer '{name}' is stored in '{location}', which is not beside the model", IpuErrorKind.NotFound) { Target = path };
        }

        using FileStream file = File.OpenRead(path);
        long offset = Number(data, "offset", 0, name);
        long length = Number(data, "length", file.Length - offset, name);
        if (offset < 0 || length < 0 || offset > file.Length || length > file.Length - offset || length > int.MaxValue)
        {
            throw Damaged(name, $"bytes {offset} to {offset + length} are outside of '{location}', which has {file.Length}");
        }

        var bytes = new byte[length];
        file.Position = offset;
        file.ReadExactly(bytes);
        return bytes;
    }

    private static long Number(TensorData data, string key, long fallback, string name) =>
        data.ExternalData.FirstOrDefault(e => e.Key == key) is not { } entry ? fallback
        : long.TryParse(entry.Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out long value) ? value
        : throw Damaged(name, $"the {key} '{entry.Value}' of its external data is no number");

    private static IpuException Damaged(string name, string what, IpuErrorKind kind = IpuErrorKind.InvalidFile) =>
        new("OnnxTensor", $"ONNX tensor '{name}': {what}", kind) { Target = name };
}
