using System.Buffers.Binary;
using SgsIpu.Core;
using SgsIpu.Frontends.TensorFlow.Proto;

namespace SgsIpu.Frontends.TensorFlow;

/// <summary>Reads TensorProto in both of its storage forms: packed bytes, and typed fields of which the last value fills the rest.</summary>
internal sealed class TensorFlowTensorReader
{
    /// <summary>A few bytes of file can ask for a whole tensor of one value; all of them together get no more than this.</summary>
    private const long MostFilled = 256 << 20;

    private long _filled;

    /// <param name="node">The node that holds the tensor, for messages.</param>
    /// <exception cref="IpuException">The values do not fit the shape, or the element type is not supported.</exception>
    public Tensor Read(TensorData data, string node)
    {
        int type = data.Dtype;
        DataType target = TensorFlowTypes.FromTensorFlow(type)
            ?? throw Damaged(node, $"elements of {TensorFlowTypes.NameOf(type)} are not supported", IpuErrorKind.NotSupported);
        Shape shape = ShapeOf(data.TensorShape, node);
        int count = (int)shape.Count;
        if (target.ByteCount(count) > Array.MaxLength)
        {
            throw Damaged(node, $"{shape} elements are more than a tensor can hold");
        }

        if (!data.TensorContent.IsEmpty)
        {
            return FromContent(type, target, shape, data.TensorContent.Memory, node);
        }

        return type switch
        {
            TensorFlowTypes.Float => Filled(data.FloatVal, static v => v),
            TensorFlowTypes.Double => Filled(data.DoubleVal, static v => (float)v),
            TensorFlowTypes.Half => Filled(data.HalfVal, static v => (float)BitConverter.UInt16BitsToHalf(unchecked((ushort)v))),
            TensorFlowTypes.BFloat16 => Filled(data.HalfVal, static v => BitConverter.Int32BitsToSingle(v << 16)),
            TensorFlowTypes.Int32 => Filled(data.IntVal, static v => v),
            TensorFlowTypes.UInt8 => Filled(data.IntVal, static v => unchecked((byte)v)),
            TensorFlowTypes.Int8 => Filled(data.IntVal, static v => unchecked((sbyte)v)),
            TensorFlowTypes.Int16 => Filled(data.IntVal, static v => unchecked((short)v)),
            TensorFlowTypes.UInt16 => Filled(data.IntVal, static v => unchecked((ushort)v)),
            TensorFlowTypes.Int64 => Filled(data.Int64Val, static v => v),
            TensorFlowTypes.UInt32 => Filled(data.Uint32Val, static v => (long)v),
            TensorFlowTypes.UInt64 => Filled(data.Uint64Val, static v => unchecked((long)v)),
            TensorFlowTypes.Bool => Filled(data.BoolVal, static v => v),
            _ => throw Damaged(node, $"a constant cannot hold elements of {TensorFlowTypes.NameOf(type)}"),
        };

        Tensor Filled<TStored, T>(IReadOnlyList<TStored> values, Func<TStored, T> convert)
            where T : unmanaged
        {
            if (values.Count > count)
            {
                throw Damaged(node, $"it holds {values.Count} elements, its shape {shape} takes {count}");
            }

            if (values.Count < count && (_filled += target.ByteCount(count)) > MostFilled)
            {
                throw Damaged(node, $"it fills {shape} with one value; the file's filled tensors may take {MostFilled} bytes together");
            }

            var result = new Tensor(target, shape);
            Span<T> elements = result.As<T>();
            for (int i = 0; i < values.Count; i++)
            {
                elements[i] = convert(values[i]);
            }

            if (values.Count > 0)
            {
                elements[values.Count..].Fill(elements[values.Count - 1]);
            }

            return result;
        }
    }

    /// <exception cref="IpuException">A dimension is negative or the product is too large.</exception>
    private static Shape ShapeOf(TensorShape? declared, string node)
    {
        if (declared is null)
        {
            return Shape.Scalar;
        }

        long count = 1;
        foreach (TensorShape.Types.Dim d in declared.Dim)
        {
            if (d.Size is < 0 or > int.MaxValue || (count *= d.Size) > int.MaxValue)
            {
                throw Damaged(node, $"its shape [{string.Join(", ", declared.Dim.Select(x => x.Size))}] is not possible");
            }
        }

        return declared.UnknownRank ? throw Damaged(node, "a constant must have a shape") : new Shape([.. declared.Dim.Select(d => (int)d.Size)]);
    }

    private static Tensor FromContent(int type, DataType target, Shape shape, ReadOnlyMemory<byte> content, string node)
    {
        int width = TensorFlowTypes.Width(type);
        if (content.Length != shape.Count * width)
        {
            throw Damaged(node, $"it holds {content.Length} bytes, {TensorFlowTypes.NameOf(type)} {shape} takes {shape.Count * width}");
        }

        if (type is not (TensorFlowTypes.Half or TensorFlowTypes.BFloat16 or TensorFlowTypes.Double or TensorFlowTypes.UInt32))
        {
            return new Tensor(target, shape, content.ToArray());
        }

        var result = new Tensor(target, shape);
        ReadOnlySpan<byte> bytes = content.Span;
        for (int i = 0; i < (int)shape.Count; i++)
        {
            ReadOnlySpan<byte> element = bytes.Slice(i * width, width);
            switch (type)
            {
                case TensorFlowTypes.Half: result.As<float>()[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(element); break;
                case TensorFlowTypes.BFloat16: result.As<float>()[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(element) << 16); break;
                case TensorFlowTypes.Double: result.As<float>()[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(element); break;
                default: result.As<long>()[i] = BinaryPrimitives.ReadUInt32LittleEndian(element); break;
            }
        }

        return result;
    }

    private static IpuException Damaged(string node, string what, IpuErrorKind kind = IpuErrorKind.InvalidFile) =>
        new("TensorFlowTensor", $"TensorFlow tensor '{node}': {what}", kind) { Target = node };
}
