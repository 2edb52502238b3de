using System.Buffers.Binary;
using System.Text;
using SgsIpu.Core;

namespace SgsIpu.Engine.QuantParams;

/// <summary>
/// Reads pickles of protocols 2 to 5 that hold lists, dictionaries, text, numbers and NumPy arrays, and nothing else: no name of Python
/// is ever looked up, and what would call one is refused. The opcodes are those of Python's documentation of <c>pickletools</c>.
/// </summary>
internal sealed class PickleReader
{
    private static readonly UTF8Encoding Text = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly object Mark = new();

    private readonly byte[] _bytes;
    private readonly string _name;
    private readonly List<object?> _stack = [];
    private readonly Dictionary<long, object?> _memo = [];
    private int _at;

    private PickleReader(byte[] bytes, string name)
    {
        _bytes = bytes;
        _name = name;
    }

    /// <summary>The object: null, bool, long, double, string, byte[], List, object[], Dictionary, <see cref="PickleArray"/>.</summary>
    /// <param name="name">For messages.</param>
    /// <exception cref="IpuException">It is damaged (id <c>PickleDamaged</c>) or holds something else (<c>PickleForbidden</c>).</exception>
    public static object? Read(byte[] pickle, string name)
    {
        var reader = new PickleReader(pickle, name);
        if (pickle.Length < 2 || pickle[0] != 0x80 || pickle[1] is < 2 or > 5)
        {
            throw reader.Damaged("it does not start as a pickle of protocol 2 to 5 does");
        }

        while (true)
        {
            byte code = reader.Byte();
            if (code == '.')
            {
                return reader._stack.Count == 1 && reader._stack[0] != Mark ? reader._stack[0] : throw reader.Damaged("it ends with more or less than one object");
            }

            reader.Step(code);
        }
    }

    private void Step(byte code)
    {
        switch (code)
        {
            case 0x80: _ = Byte(); break;
            case 0x95: _ = Length(8); break;
            case (byte)'(': Push(Mark); break;
            case (byte)'0': _ = Pop(); break;
            case (byte)'1': _ = PopMark(); break;
            case (byte)'2': Push(Top()); break;
            case (byte)'N': Push(null); break;
            case 0x88: Push(true); break;
            case 0x89: Push(false); break;
            case (byte)'J': Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case (byte)'K': Push((long)Byte()); break;
            case (byte)'M': Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case 0x8a: Push(Long(Byte())); break;
            case 0x8b: Push(Long(checked((int)Length(4)))); break;
            case (byte)'G': Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case (byte)'X': Push(String(Length(4))); break;
            case 0x8c: Push(String(Byte())); break;
            case 0x8d: Push(String(Length(8))); break;
            case (byte)'B': Push(Take(Length(4)).ToArray()); break;
            case (byte)'C': Push(Take(Byte()).ToArray()); break;
            case 0x8e or 0x96: Push(Take(Length(8)).ToArray()); break;
            case (byte)']': Push(new List<object?>()); break;
            case (byte)'a': Append(Pop()); break;
            case (byte)'e': Append(PopMark()); break;
            case (byte)'l': Push(PopMark().ToList()); break;
            case (byte)')': Push(Array.Empty<object?>()); break;
            case (byte)'t': Push(PopMark()); break;
            case 0x85 or 0x86 or 0x87: Push(PopMany(code - 0x84)); break;
            case (byte)'}': Push(new Dictionary<string, object?>(StringComparer.Ordinal)); break;
            case (byte)'s': SetItems(PopMany(2)); break;
            case (byte)'u': SetItems(PopMark()); break;
            case (byte)'q': _memo[Byte()] = Top(); break;
            case (byte)'r': _memo[Length(4, bound: false)] = Top(); break;
            case 0x94: _memo[_memo.Count] = Top(); break;
            case (byte)'h': Push(Remembered(Byte())); break;
            case (byte)'j': Push(Remembered(Length(4, bound: false))); break;
            case (byte)'c': Push(Global(Line(), Line())); break;
            case 0x93: StackGlobal(); break;
            case (byte)'R': Reduce(); break;
            case (byte)'b': Build(); break;
            default: throw Forbidden($"opcode 0x{code:x2}");
        }
    }

    private byte Byte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > _bytes.Length - _at)
        {
            throw Damaged("it is cut off");
        }

        _at += (int)count;
        return _bytes.AsSpan(_at - (int)count, (int)count);
    }

    /// <summary>A little-endian length, at most what is left of the file.</summary>
    private long Length(int width, bool bound = true)
    {
        ReadOnlySpan<byte> bytes = Take(width);
        ulong value = width == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return !bound || value <= (ulong)(_bytes.Length - _at) ? (long)value : throw Damaged("it is cut off");
    }

    private long Long(int width)
    {
        ReadOnlySpan<byte> bytes = Take(width);
        if (width > 8)
        {
            throw Damaged($"it has a whole number of {width} bytes");
        }

        long value = width > 0 && (bytes[^1] & 0x80) != 0 ? -1 : 0;
        for (int i = width - 1; i >= 0; i--)
        {
            value = (value << 8) | bytes[i];
        }

        return value;
    }

    private string String(long length)
    {
        try
        {
            return Text.GetString(Take(length));
        }
        catch (DecoderFallbackException)
        {
            throw Damaged("a text in it is no UTF-8");
        }
    }

    private string Line()
    {
        int end = _bytes.AsSpan(_at).IndexOf((byte)'\n');
        string line = String(end < 0 ? long.MaxValue : end);
        _at++;
        return line;
    }

    private void Push(object? value) => _stack.Add(value);

    private object? Top() => _stack.Count > 0 && _stack[^1] != Mark ? _stack[^1] : throw Damaged("an object is missing");

    private object? Pop()
    {
        object? top = Top();
        _stack.RemoveAt(_stack.Count - 1);
        return top;
    }

    private object?[] PopMany(int count)
    {
        var items = new object?[count];
        for (int i = count - 1; i >= 0; i--)
        {
            items[i] = Pop();
        }

        return items;
    }

    private object?[] PopMark()
    {
        int mark = _stack.LastIndexOf(Mark);
        if (mark < 0)
        {
            throw Damaged("a mark is missing");
        }

        object?[] items = [.. _stack.Skip(mark + 1)];
        _stack.RemoveRange(mark, _stack.Count - mark);
        return items;
    }

    private object? Remembered(long key) => _memo.TryGetValue(key, out object? value) ? value : throw Damaged("it refers to an object that is not there");

    private void Append(params object?[] items)
    {
        if (Top() is not List<object?> list)
        {
            throw Damaged("something is appended that is no list");
        }

        list.AddRange(items);
    }

    private void SetItems(object?[] items)
    {
        if (Top() is not Dictionary<string, object?> entries || items.Length % 2 != 0)
        {
            throw Damaged("an entry is put into something that is no dictionary");
        }

        for (int i = 0; i < items.Length; i += 2)
        {
            entries[items[i] as string ?? throw Damaged("a key is no text")] = items[i + 1];
        }
    }

    private void StackGlobal()
    {
        object?[] names = PopMany(2);
        Push(Global(names[0] as string ?? "", names[1] as string ?? ""));
    }

    private PickleName Global(string module, string name) => (module.Replace("numpy._core", "numpy.core", StringComparison.Ordinal), name) switch
    {
        ("numpy.core.multiarray", "_reconstruct") => PickleName.Reconstruct,
        ("numpy.core.multiarray", "scalar") => PickleName.Scalar,
        ("numpy.core.numeric", "_frombuffer") => PickleName.FromBuffer,
        ("numpy", "ndarray") => PickleName.NdArray,
        ("numpy", "dtype") => PickleName.Type,
        ("_codecs", "encode") => PickleName.Encode,
        _ => throw Forbidden($"'{module}.{name}'"),
    };

    private void Reduce()
    {
        object?[] call = PopMany(2);
        Push((call[0], call[1]) switch
        {
            (PickleName.Reconstruct, object?[] and [PickleName.NdArray, ..]) => new PickleArray(),
            (PickleName.Type, object?[] and [string code, ..]) => new PickleType(code),
            (PickleName.Encode, object?[] and [string text, "latin1"]) => Latin1(text),
            (PickleName.Scalar, object?[] and [PickleType type, byte[] bytes]) => new PickleArray { Value = ArrayOf(type, [], bytes, fortran: false) },
            (PickleName.FromBuffer, object?[] and [byte[] bytes, PickleType type, object?[] shape, string order]) => new PickleArray { Value = ArrayOf(type, shape, bytes, order == "F") },
            _ => throw Damaged("an array is made of the wrong things"),
        });
    }

    private void Build()
    {
        object? state = Pop();
        switch (Top(), state)
        {
            case (PickleArray array, object?[] and [_, object?[] shape, PickleType type, bool fortran, byte[] bytes]):
                array.Value = ArrayOf(type, shape, bytes, fortran);
                break;
            case (PickleType type, object?[] and [_, string order, ..]):
                type.BigEndian = order == ">";
                break;
            default:
                throw Damaged("an object gets a state that is not its own");
        }
    }

    private byte[] Latin1(string text) => text.All(c => c < 256) ? Encoding.Latin1.GetBytes(text) : throw Damaged("bytes in it are no Latin-1");

    private Tensor ArrayOf(PickleType dtype, object?[] dimensions, byte[] bytes, bool fortran)
    {
        if (dtype.Type is not { } type)
        {
            throw new IpuException("PickleForbidden", $"'{_name}' has an array of '{dtype.Code}'; numbers of up to 8 bytes are allowed (f2, f4, f8, i1, i2, i4, i8, u1, u2, b1)", IpuErrorKind.NotSupported) { Target = _name };
        }

        int width = type.Bits() / 8;
        long count = width;
        var shape = new int[dimensions.Length];
        for (int i = 0; i < shape.Length; i++)
        {
            shape[i] = dimensions[i] is long and >= 0 and <= int.MaxValue and var d && (count *= (long)d) <= bytes.Length ? (int)(long)d : throw Damaged("an array has a shape that does not fit its bytes");
        }

        if (count != bytes.Length || shape.Length > 16)
        {
            throw Damaged("an array has a shape that does not fit its bytes");
        }

        byte[] content = [.. bytes];
        for (int i = 0; dtype.BigEndian && i < content.Length; i += width)
        {
            content.AsSpan(i, width).Reverse();
        }

        return fortran && shape.Length > 1
            ? new Tensor(type, new Shape([.. shape.Reverse()]), content).Transpose([.. Enumerable.Range(0, shape.Length).Reverse()])
            : new Tensor(type, new Shape(shape), content);
    }

    private IpuException Damaged(string what) => new("PickleDamaged", $"'{_name}' is damaged at byte {_at}: {what}") { Target = _name };

    private IpuException Forbidden(string what) =>
        new("PickleForbidden", $"'{_name}' holds {what} at byte {_at}; lists, dictionaries, text, numbers and NumPy arrays are allowed, and nothing is run", IpuErrorKind.NotSupported) { Target = _name };

    /// <summary>The names of Python that stand for what is allowed.</summary>
    private enum PickleName
    {
        Reconstruct,
        Scalar,
        FromBuffer,
        NdArray,
        Type,
        Encode,
    }
}
