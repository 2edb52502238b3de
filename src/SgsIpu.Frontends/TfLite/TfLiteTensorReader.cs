using System.Buffers.Binary;
using SgsIpu.Core;

namespace SgsIpu.Frontends.TfLite;

/// <summary>Reads constants: real numbers of any width, integers, quantized weights (which become real numbers), sparse tensors.</summary>
internal sealed class TfLiteTensorReader(long fileLength)
{
    /// <summary>Tensors may share a buffer and sparse ones are larger than theirs; all constants together get no more than this.</summary>
    private const int MostExpansion = 16;

    private const long Spare = 256 << 20;

    private long _left = (fileLength * MostExpansion) + Spare;

    /// <exception cref="IpuException">The values do not fit the shape, or the element type is not supported.</exception>
    public Tensor Read(RawTensor raw)
    {
        DataType type = TfLiteTypes.FromTfLite(raw.Type)
            ?? throw raw.Error("TfLiteType", $"elements of {TfLiteTypes.NameOf(raw.Type)} are not supported", IpuErrorKind.NotSupported);
        Shape shape = ShapeOf(raw);
        int count = (int)shape.Count;
        DataType target = raw.IsQuantized ? DataType.Float32 : type;
        if ((_left -= target.ByteCount(count)) < 0)
        {
            throw raw.Error("TfLiteTensor", $"its shape {shape} is larger than a file of {fileLength} bytes can fill");
        }

        ReadOnlyMemory<byte> data = raw.Data;
        if (raw.Table.Table(6) is { } sparsity)
        {
            data = SparseTensor.Densify(raw, sparsity, shape);
        }

        int width = TfLiteTypes.Width(raw.Type);
        long bytes = width == 0 ? (count + 1L) / 2 : (long)count * width;
        if (data.Length != bytes)
        {
            throw raw.Error("TfLiteTensor", $"it holds {data.Length} bytes, {TfLiteTypes.NameOf(raw.Type)} {shape} takes {bytes}");
        }

        if (raw.IsQuantized)
        {
            return Dequantized(raw, data.Span, shape);
        }

        return raw.Type switch
        {
            TfLiteTypes.Float16 => Converted(raw, shape, data.Span, width, static b => (float)BinaryPrimitives.ReadHalfLittleEndian(b)),
            TfLiteTypes.Float64 => Converted(raw, shape, data.Span, width, static b => (float)BinaryPrimitives.ReadDoubleLittleEndian(b)),
            TfLiteTypes.UInt32 => Converted(raw, shape, data.Span, width, static b => (long)BinaryPrimitives.ReadUInt32LittleEndian(b)),
            TfLiteTypes.Int4 => Converted(raw, shape, Unpacked(data.Span, count), 1, static b => (sbyte)b[0]),
            TfLiteTypes.Bool => Converted(raw, shape, data.Span, width, static b => b[0] != 0),
            _ => new Tensor(type, shape, data.ToArray()),
        };
    }

    /// <summary>Real zeros of a tensor's shape.</summary>
    public Tensor Zeros(RawTensor raw)
    {
        Shape shape = ShapeOf(raw);
        return (_left -= shape.Count * 4) >= 0
            ? new Tensor(TfLiteTypes.FromTfLite(raw.Type) is DataType.Int32 ? DataType.Int32 : DataType.Float32, shape)
            : throw raw.Error("TfLiteTensor", $"its shape {shape} is larger than a file of {fileLength} bytes should ask for");
    }

    /// <exception cref="IpuException">A dimension is negative or the product is too large.</exception>
    public static Shape ShapeOf(RawTensor raw)
    {
        long count = 1;
        foreach (int d in raw.Shape)
        {
            if (d < 0 || (count *= d) > int.MaxValue / 8)
            {
                throw raw.Error("TfLiteTensor", $"its shape [{string.Join(", ", raw.Shape)}] is not possible");
            }
        }

        return new Shape(raw.Shape.AsSpan());
    }

    private delegate T Element<T>(ReadOnlySpan<byte> bytes);

    private static Tensor Converted<T>(RawTensor raw, Shape shape, ReadOnlySpan<byte> bytes, int width, Element<T> read)
        where T : unmanaged
    {
        var result = new Tensor(Tensor.TypeOf<T>(), shape);
        Span<T> elements = result.As<T>();
        for (int i = 0; i < elements.Length; i++)
        {
            elements[i] = read(bytes.Slice(i * width, width));
        }

        return result;
    }

    /// <summary>scale · (q − zero point), by tensor or along one dimension.</summary>
    private static Tensor Dequantized(RawTensor raw, ReadOnlySpan<byte> data, Shape shape)
    {
        int scales = raw.Scales.Length;
        int axis = raw.Axis;
        bool perAxis = scales > 1;
        if (perAxis && (axis < 0 || axis >= shape.Rank || shape[axis] != scales))
        {
            throw raw.Error("TfLiteTensor", $"it has {scales} scales along dimension {axis}, its shape is {shape}");
        }

        if ((raw.ZeroPoints.Length > 0 && raw.ZeroPoints.Length != scales) || !raw.Scales.All(float.IsFinite))
        {
            throw raw.Error("TfLiteTensor", $"it has {scales} scales and {raw.ZeroPoints.Length} zero points, or a scale that is no number");
        }

        int inner = perAxis ? shape.Skip(axis + 1).Aggregate(1, (a, b) => a * b) : 1;
        ReadOnlySpan<byte> bytes = raw.Type == TfLiteTypes.Int4 ? Unpacked(data, (int)shape.Count) : data;
        var result = new Tensor(DataType.Float32, shape);
        Span<float> elements = result.As<float>();
        for (int i = 0; i < elements.Length; i++)
        {
            int at = perAxis ? i / inner % scales : 0;
            int q = raw.Type switch
            {
                TfLiteTypes.UInt8 => bytes[i],
                TfLiteTypes.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes[(i * 2)..]),
                _ => (sbyte)bytes[i],
            };
            elements[i] = raw.Scales[at] * (q - (raw.ZeroPoints.Length > 0 ? raw.ZeroPoints[at] : 0));
        }

        return result;
    }

    /// <summary>Each byte holds two elements, the first one in its lower half.</summary>
    private static byte[] Unpacked(ReadOnlySpan<byte> packed, int count)
    {
        var result = new byte[count];
        for (int i = 0; i < count; i++)
        {
            int shifted = packed[i / 2] << (i % 2 == 0 ? 28 : 24);
            result[i] = unchecked((byte)(sbyte)(shifted >> 28));
        }

        return result;
    }
}
