using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SgsIpu.Core;

namespace SgsIpu.Engine.Tests.Operators;

/// <summary>A serialized TensorProto, read by the public field numbers and by nothing of the product.</summary>
internal static class TensorProtoFile
{
    /// <exception cref="NotSupportedException">The file holds text, a sequence, or numbers that the product has no type for.</exception>
    public static Tensor Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        var dimensions = new List<int>();
        var integers = new List<long>();
        var reals = new List<float>();
        int type = 0;
        byte[]? raw = null;
        int at = 0;
        while (at < bytes.Length)
        {
            long tag = Varint(bytes, ref at);
            int field = (int)(tag >> 3);
            if ((tag & 7) == 0)
            {
                long value = Varint(bytes, ref at);
                type = field == 2 ? (int)value : type;
                if (field == 1)
                {
                    dimensions.Add((int)value);
                }

                continue;
            }

            if ((tag & 7) != 2)
            {
                throw new NotSupportedException($"'{path}' is no tensor");
            }

            int end = (int)Varint(bytes, ref at) + at;
            if (field == 9)
            {
                raw = bytes[at..end];
            }

            while (at < end && field is (1 or 4 or 5 or 7))
            {
                if (field == 4)
                {
                    reals.Add(BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(at)));
                    at += 4;
                }
                else if (field == 1)
                {
                    dimensions.Add((int)Varint(bytes, ref at));
                }
                else
                {
                    integers.Add(Varint(bytes, ref at));
                }
            }

            at = end;
        }

        DataType element = type switch
        {
            1 => DataType.Float32,
            2 => DataType.UInt8,
            3 => DataType.Int8,
            4 => DataType.UInt16,
            5 => DataType.Int16,
            6 => DataType.Int32,
            7 or 12 or 13 => DataType.Int64,
            9 => DataType.Bool,
            10 => DataType.Float16,
            11 => DataType.Float64,
            _ => throw new NotSupportedException($"element type {type}"),
        };
        var shape = new Shape([.. dimensions]);
        if (raw is not null && type == 12)
        {
            // The tool chain has unsigned integers of 32 bits in 64.
            return Tensor.FromArray<long>([.. MemoryMarshal.Cast<byte, uint>(raw).ToArray().Select(v => (long)v)], shape);
        }

        return raw is not null ? new Tensor(element, shape, raw)
            : reals.Count > 0 ? Tensor.FromArray<float>([.. reals], shape)
            : element == DataType.Int64 ? Tensor.FromArray<long>([.. integers], shape)
            : element == DataType.Int32 ? Tensor.FromArray<int>([.. integers.Select(i => (int)i)], shape)
            : integers.Count == 0 ? new Tensor(element, shape)
            : throw new NotSupportedException($"{element} elements are not raw");
    }

    private static long Varint(byte[] bytes, ref int at)
    {
        long value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = bytes[at++];
            value |= (long)(b & 127) << shift;
            if (b < 128)
            {
                return value;
            }
        }
    }
}
