using System.Buffers;
using Google.FlatBuffers;
using SgsIpu.Core;

namespace SgsIpu.Frontends.TfLite;

/// <summary>Writes TFLite files (identifier TFL3), field by field as the public schema numbers them.</summary>
public static class TfLiteWriter
{
    private const int SchemaVersion = 3;
    private const int BufferAlignment = 16;

    /// <summary>Room for a table, besides its content.</summary>
    private const int PerTable = 256;

    /// <summary>Room for scale, zero point, least and largest value.</summary>
    private const int PerChannel = 24;

    private const int LeastCapacity = 1 << 16;

    /// <exception cref="IpuException">A tensor has a type that TFLite does not know (id <c>TfLiteType</c>).</exception>
    public static byte[] Write(TfLiteModel model) => Content(model).ToArray();

    /// <summary>As <see cref="Write"/>, without another copy.</summary>
    /// <exception cref="IpuException">As for <see cref="Write"/>.</exception>
    public static ReadOnlyMemory<byte> Content(TfLiteModel model)
    {
        ArgumentNullException.ThrowIfNull(model);

        // The builder doubles what it has, with a copy of it; the contents of buffers are most of a file.
        long bytes = LeastCapacity
            + model.Buffers.Sum(b => (long)b.Length + PerTable)
            + model.Tensors.Sum(t => PerTable + (2L * t.Name.Length) + ((t.Quant?.Scale.Length ?? 0) * (long)PerChannel))
            + (model.Operators.Length * (long)PerTable);
        var builder = new FlatBufferBuilder((int)Math.Min(bytes, Array.MaxLength));
        int buffers = Vector(builder, [.. model.Buffers.Select(b => Buffer(builder, b))]);
        (int Code, string Custom, int Version)[] codes = [.. model.Operators.Select(o => (o.Code, o.Custom, o.Version)).Distinct()];
        int operatorCodes = Vector(builder, [.. codes.Select(c => OperatorCode(builder, c.Code, c.Custom, c.Version))]);
        int graph = SubGraph(builder, model, codes);
        int graphs = Vector(builder, [graph]);
        int metadata = Vector(builder, [.. model.Metadata.Select(m => Metadata(builder, m.Name, m.Buffer))]);
        int description = builder.CreateString(model.Description).Value;
        builder.StartTable(8);
        builder.AddUint(0, SchemaVersion, 0);
        builder.AddOffset(1, operatorCodes, 0);
        builder.AddOffset(2, graphs, 0);
        builder.AddOffset(3, description, 0);
        builder.AddOffset(4, buffers, 0);
        builder.AddOffset(6, metadata, 0);
        builder.Finish(builder.EndTable(), "TFL3");
        ByteBuffer content = builder.DataBuffer;
        return content.ToArraySegment(content.Position, content.Length - content.Position);
    }

    /// <summary>The schema's number of an element type.</summary>
    public static byte CodeOf(DataType type) => type switch
    {
        DataType.Float32 => 0,
        DataType.Float16 => 1,
        DataType.Int32 => 2,
        DataType.UInt8 => 3,
        DataType.Int64 => 4,
        DataType.Bool => 6,
        DataType.Int16 => 7,
        DataType.Int8 => 9,
        DataType.Float64 => 10,
        DataType.UInt16 => 16,
        DataType.Int4 => 17,
        _ => throw new IpuException("TfLiteType", $"TFLite has no elements of type {type}", IpuErrorKind.NotSupported),
    };

    private static int SubGraph(FlatBufferBuilder builder, TfLiteModel model, (int Code, string Custom, int Version)[] codes)
    {
        int tensors = Vector(builder, [.. model.Tensors.Select(t => Tensor(builder, t))]);
        int operators = Vector(builder, [.. model.Operators.Select(o => Operator(builder, o, Array.IndexOf(codes, (o.Code, o.Custom, o.Version))))]);
        int inputs = Ints(builder, model.Inputs.AsSpan());
        int outputs = Ints(builder, model.Outputs.AsSpan());
        int name = builder.CreateString(model.GraphName).Value;
        builder.StartTable(5);
        builder.AddOffset(0, tensors, 0);
        builder.AddOffset(1, inputs, 0);
        builder.AddOffset(2, outputs, 0);
        builder.AddOffset(3, operators, 0);
        builder.AddOffset(4, name, 0);
        return builder.EndTable();
    }

    private static int Tensor(FlatBufferBuilder builder, TfLiteTensor tensor)
    {
        int shape = Ints(builder, tensor.Shape.AsSpan());
        int name = builder.CreateString(tensor.Name).Value;
        int quantization = tensor.Quant is { } quant ? Quantization(builder, quant) : 0;
        builder.StartTable(6);
        builder.AddOffset(0, shape, 0);
        builder.AddByte(1, CodeOf(tensor.Type), 0);
        builder.AddUint(2, (uint)tensor.Buffer, 0);
        builder.AddOffset(3, name, 0);
        if (quantization != 0)
        {
            builder.AddOffset(4, quantization, 0);
        }

        builder.AddBool(5, tensor.IsVariable, false);

        return builder.EndTable();
    }

    private static int Quantization(FlatBufferBuilder builder, QuantParam quant)
    {
        int min = Floats(builder, quant.Min.AsSpan());
        int max = Floats(builder, quant.Max.AsSpan());
        int scale = Floats(builder, [.. quant.Scale.Select(s => (float)s)]);
        builder.StartVector(8, quant.Scale.Length, 8);
        for (int i = quant.Scale.Length - 1; i >= 0; i--)
        {
            builder.AddLong(quant.ZeroOf(i));
        }

        int zero = builder.EndVector().Value;
        builder.StartTable(7);
        builder.AddOffset(0, min, 0);
        builder.AddOffset(1, max, 0);
        builder.AddOffset(2, scale, 0);
        builder.AddOffset(3, zero, 0);
        builder.AddInt(6, Math.Max(quant.Axis, 0), 0);
        return builder.EndTable();
    }

    private static int Operator(FlatBufferBuilder builder, TfLiteOperator op, int code)
    {
        int inputs = Ints(builder, op.Inputs.AsSpan());
        int outputs = Ints(builder, op.Outputs.AsSpan());
        int custom = op.CustomOptions.IsEmpty ? 0 : Bytes(builder, op.CustomOptions, 1);
        int options = op.OptionsType == 0 ? 0 : Options(builder, op);
        builder.StartTable(7);
        builder.AddUint(0, (uint)code, 0);
        builder.AddOffset(1, inputs, 0);
        builder.AddOffset(2, outputs, 0);
        builder.AddByte(3, op.OptionsType, 0);
        builder.AddOffset(4, options, 0);
        builder.AddOffset(5, custom, 0);
        return builder.EndTable();
    }

    private static int Options(FlatBufferBuilder builder, TfLiteOperator op)
    {
        builder.StartTable(op.Options.IsEmpty ? 0 : op.Options.Max(o => o.Field) + 1);
        foreach ((int field, object value) in op.Options)
        {
            switch (value)
            {
                case byte b: builder.AddByte(field, b, 0); break;
                case bool b: builder.AddBool(field, b, false); break;
                case float f: builder.AddFloat(field, f, 0); break;
                case int i: builder.AddInt(field, i, 0); break;
            }
        }

        return builder.EndTable();
    }

    private static int OperatorCode(FlatBufferBuilder builder, int code, string custom, int version)
    {
        int name = custom.Length > 0 ? builder.CreateString(custom).Value : 0;
        builder.StartTable(4);
        builder.AddByte(0, (byte)Math.Min(code, 127), 0);
        builder.AddOffset(1, name, 0);
        builder.AddInt(2, version, 0);
        builder.AddInt(3, code, 0);
        return builder.EndTable();
    }

    private static int Buffer(FlatBufferBuilder builder, ReadOnlyMemory<byte> content)
    {
        int data = content.IsEmpty ? 0 : Bytes(builder, content, BufferAlignment);
        builder.StartTable(1);
        builder.AddOffset(0, data, 0);
        return builder.EndTable();
    }

    private static int Metadata(FlatBufferBuilder builder, string name, int buffer)
    {
        int text = builder.CreateString(name).Value;
        builder.StartTable(2);
        builder.AddOffset(0, text, 0);
        builder.AddUint(1, (uint)buffer, 0);
        return builder.EndTable();
    }

    private static int Bytes(FlatBufferBuilder builder, ReadOnlyMemory<byte> bytes, int alignment)
    {
        builder.StartVector(1, bytes.Length, alignment);
        using MemoryHandle pinned = bytes.Pin();
        unsafe
        {
            builder.Add<byte>((nint)pinned.Pointer, bytes.Length);
        }

        return builder.EndVector().Value;
    }

    private static int Ints(FlatBufferBuilder builder, ReadOnlySpan<int> values)
    {
        builder.StartVector(4, values.Length, 4);
        for (int i = values.Length - 1; i >= 0; i--)
        {
            builder.AddInt(values[i]);
        }

        return builder.EndVector().Value;
    }

    private static int Floats(FlatBufferBuilder builder, ReadOnlySpan<float> values)
    {
        builder.StartVector(4, values.Length, 4);
        for (int i = values.Length - 1; i >= 0; i--)
        {
            builder.AddFloat(values[i]);
        }

        return builder.EndVector().Value;
    }

    private static int Vector(FlatBufferBuilder builder, int[] offsets)
    {
        builder.StartVector(4, offsets.Length, 4);
        for (int i = offsets.Length - 1; i >= 0; i--)
        {
            builder.AddOffset(offsets[i]);
        }

        return builder.EndVector().Value;
    }
}
