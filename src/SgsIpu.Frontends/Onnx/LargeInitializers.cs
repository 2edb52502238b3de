using Google.Protobuf;
using SgsIpu.Frontends.Onnx.Proto;

namespace SgsIpu.Frontends.Onnx;

/// <summary>
/// Reads the values of large initializers straight into the memory that tensors keep, or leaves them where they are. Protobuf would gather each in
/// pieces first, and hold it twice.
/// </summary>
internal sealed class LargeInitializers
{
    /// <summary>Bytes of values that are read apart.</summary>
    private const int LeastBytes = 1 << 20;

    /// <summary>Bytes of a file that is read in parts.</summary>
    private const int LeastFile = 16 << 20;

    private const int GraphField = 7;
    private const int InitializerField = 5;
    private const int RawDataField = 9;

    private readonly List<(int Initializer, long Offset, int Length)> _values = [];
    private readonly Stream _file;
    private int _initializers;

    private LargeInitializers(Stream file) => _file = file;

    /// <summary>Decodes a model by way of one without the large values.</summary>
    /// <param name="values">Bytes of the file, by their offset and number.</param>
    /// <param name="parse">Decodes a message of some bytes.</param>
    /// <returns>Null where the file is small, has no large values, or is not as it should be; it is then decoded as a whole.</returns>
    public static Model? Read(Stream file, Func<long, int, ReadOnlyMemory<byte>> values, Func<Stream, long, Model> parse)
    {
        var reader = new LargeInitializers(file);
        using var rest = new MemoryStream();
        bool whole = file.Length is >= LeastFile and <= int.MaxValue && reader.CopyModel(rest);
        file.Position = 0;
        if (!whole || reader._values.Count == 0)
        {
            return null;
        }

        rest.Position = 0;
        Model model = parse(rest, rest.Length);
        foreach ((int initializer, long offset, int length) in reader._values)
        {
            model.Graph.Initializer[initializer].RawData = UnsafeByteOperations.UnsafeWrap(values(offset, length));
        }

        return model;
    }

    private bool CopyModel(MemoryStream target) => CopyFields(_file.Length, target, GraphField, (end, graph) => CopyFields(end, graph, InitializerField, (last, tensor) =>
    {
        _initializers++;
        return CopyTensor(last, tensor);
    }));

    /// <summary>Copies the fields up to a position of the file, one kind of them changed.</summary>
    /// <returns>False where the bytes are no message.</returns>
    private bool CopyFields(long end, MemoryStream target, int changed, Func<long, MemoryStream, bool> change)
    {
        while (_file.Position < end)
        {
            if (!ReadField(end, out uint tag, out long length))
            {
                return false;
            }

            if (tag != WireFormat.MakeTag(changed, WireFormat.WireType.LengthDelimited))
            {
                Copy(tag, length, target);
                continue;
            }

            using var message = new MemoryStream();
            if (!change(_file.Position + length, message))
            {
                return false;
            }

            Write(target, tag);
            Write(target, (uint)message.Length);
            message.WriteTo(target);
        }

        return _file.Position == end;
    }

    /// <summary>Copies an initializer without its values, where these are large.</summary>
    private bool CopyTensor(long end, MemoryStream target)
    {
        while (_file.Position < end)
        {
            if (!ReadField(end, out uint tag, out long length))
            {
                return false;
            }

            if (tag == WireFormat.MakeTag(RawDataField, WireFormat.WireType.LengthDelimited) && length >= LeastBytes)
            {
                _values.Add((_initializers - 1, _file.Position, (int)length));
                _file.Position += length;
            }
            else
            {
                Copy(tag, length, target);
            }
        }

        return _file.Position == end;
    }

    /// <summary>The tag of a field and the bytes behind it (the number itself, where that is all).</summary>
    private bool ReadField(long end, out uint tag, out long length)
    {
        length = 0;
        if (!ReadNumber(end, out ulong number) || number > uint.MaxValue)
        {
            tag = 0;
            return false;
        }

        tag = (uint)number;
        switch (WireFormat.GetTagWireType(tag))
        {
            case WireFormat.WireType.Varint:
                long at = _file.Position;
                bool read = ReadNumber(end, out _);
                length = _file.Position - at;
                _file.Position = at;
                return read;
            case WireFormat.WireType.Fixed32:
                length = 4;
                break;
            case WireFormat.WireType.Fixed64:
                length = 8;
                break;
            case WireFormat.WireType.LengthDelimited when ReadNumber(end, out ulong bytes) && bytes <= int.MaxValue:
                length = (long)bytes;
                break;
            default:
                return false;
        }

        return length <= end - _file.Position;
    }

    private void Copy(uint tag, long length, MemoryStream target)
    {
        Write(target, tag);
        if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
        {
            Write(target, (uint)length);
        }

        byte[] bytes = new byte[length];
        _file.ReadExactly(bytes);
        target.Write(bytes);
    }

    private bool ReadNumber(long end, out ulong number)
    {
        number = 0;
        for (int shift = 0; shift < 64 && _file.Position < end; shift += 7)
        {
            int next = _file.ReadByte();
            number |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return next >= 0;
            }
        }

        return false;
    }

    private static void Write(MemoryStream target, uint number)
    {
        for (; number >= 0x80; number >>= 7)
        {
            target.WriteByte((byte)(number | 0x80));
        }

        target.WriteByte((byte)number);
    }
}
