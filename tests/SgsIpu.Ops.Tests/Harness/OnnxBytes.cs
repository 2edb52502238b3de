using System.Text;
using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

/// <summary>A source graph as the bytes of an ONNX model, written field by field, so that tests do not depend on the product's own writer.</summary>
internal static class OnnxBytes
{
    public static byte[] Of(SourceGraph graph)
    {
        var body = new Message();
        foreach (SourceNode node in graph.Nodes)
        {
            body.Add(1, OfNode(node));
        }

        body.Add(2, "test");
        foreach ((string name, Tensor value) in graph.Constants)
        {
            body.Add(5, OfTensor(name, value));
        }

        foreach (SourceTensor input in graph.Inputs)
        {
            body.Add(11, OfValue(input));
        }

        foreach (SourceTensor output in graph.Outputs)
        {
            body.Add(12, OfValue(output));
        }

        var model = new Message();
        model.Add(1, 9);
        model.Add(7, body);
        foreach ((string domain, int version) in graph.OpsetVersions)
        {
            model.Add(8, new Message().Add(1, domain).Add(2, version));
        }

        return model.ToArray();
    }

    private static Message OfNode(SourceNode node)
    {
        var message = new Message();
        foreach (string input in node.Inputs)
        {
            message.Add(1, input);
        }

        foreach (string output in node.Outputs)
        {
            message.Add(2, output);
        }

        message.Add(3, node.Name).Add(4, node.OpType);
        foreach ((string name, object value) in node.Attributes)
        {
            message.Add(5, OfAttribute(name, value));
        }

        return message.Add(7, node.Domain);
    }

    private static Message OfAttribute(string name, object value)
    {
        Message message = new Message().Add(1, name);
        switch (value)
        {
            case float f: return message.Add(2, f).Add(20, 1);
            case bool b: return message.Add(3, b ? 1 : 0).Add(20, 2);
            case long i: return message.Add(3, i).Add(20, 2);
            case string s: return message.Add(4, s).Add(20, 3);
            case Tensor t: return message.Add(5, OfTensor("", t)).Add(20, 4);
            case float[] floats:
                Array.ForEach(floats, f => message.Add(7, f));
                return message.Add(20, 6);
            case long[] ints:
                Array.ForEach(ints, i => message.Add(8, i));
                return message.Add(20, 7);
            case string[] strings:
                Array.ForEach(strings, s => message.Add(9, s));
                return message.Add(20, 8);
            default: throw new ArgumentException($"attribute '{name}' is a {value.GetType().Name}");
        }
    }

    private static Message OfTensor(string name, Tensor value)
    {
        var message = new Message();
        foreach (int size in value.Shape)
        {
            message.Add(1, size);
        }

        return message.Add(2, ElementType(value.Type)).Add(8, name).Add(9, value.Bytes);
    }

    private static Message OfValue(SourceTensor value)
    {
        var shape = new Message();
        foreach (int size in value.Dimensions)
        {
            shape.Add(1, new Message().Add(1, size));
        }

        return new Message().Add(1, value.Name).Add(2, new Message().Add(1, new Message().Add(1, ElementType(value.Type)).Add(2, shape)));
    }

    private static int ElementType(DataType type) => type switch
    {
        DataType.Float32 => 1,
        DataType.UInt8 => 2,
        DataType.Int8 => 3,
        DataType.UInt16 => 4,
        DataType.Int16 => 5,
        DataType.Int32 => 6,
        DataType.Int64 => 7,
        DataType.Bool => 9,
        DataType.Float64 => 11,
        _ => throw new ArgumentException($"{type} has no ONNX element type here"),
    };

    /// <summary>A protobuf message under construction.</summary>
    private sealed class Message
    {
        private readonly MemoryStream _bytes = new();

        public Message Add(int field, long value)
        {
            Varint((uint)field << 3);
            Varint((ulong)value);
            return this;
        }

        public Message Add(int field, float value)
        {
            Varint(((uint)field << 3) | 5);
            _bytes.Write(BitConverter.GetBytes(value));
            return this;
        }

        public Message Add(int field, ReadOnlySpan<byte> value)
        {
            Varint(((uint)field << 3) | 2);
            Varint((ulong)value.Length);
            _bytes.Write(value);
            return this;
        }

        public Message Add(int field, string value) => Add(field, Encoding.UTF8.GetBytes(value));

        public Message Add(int field, Message value) => Add(field, value.ToArray());

        public byte[] ToArray() => _bytes.ToArray();

        private void Varint(ulong value)
        {
            for (; value >= 0x80; value >>= 7)
            {
                _bytes.WriteByte((byte)(value | 0x80));
            }

            _bytes.WriteByte((byte)value);
        }
    }
}
