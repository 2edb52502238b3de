using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using SgsIpu.Core;

namespace SgsIpu.Frontends.TfLite;

/// <summary>
/// A table of a FlatBuffer, read in place. Every access is checked against the file and the table's own length, so that a damaged one gives
/// an error; what is decoded is counted, as vectors that many tables share would make a small file large.
/// </summary>
internal readonly struct FlatTable
{
    /// <summary>Vectors of a file that shares none are no longer together than the file; a writer may share a few.</summary>
    private const int MostShared = 8;

    private const int Spare = 1 << 20;

    private readonly ReadOnlyMemory<byte> _file;
    private readonly StrongBox<long> _left;
    private readonly int _at;
    private readonly int _fields;
    private readonly int _fieldsLength;
    private readonly int _length;

    private FlatTable(ReadOnlyMemory<byte> file, int at, StrongBox<long> left)
    {
        _file = file;
        _left = left;
        _at = at;
        _fields = at - Int32(at);
        _fieldsLength = UInt16(_fields);
        _length = UInt16(_fields + 2);
    }

    /// <summary>The root table of a file.</summary>
    /// <exception cref="IpuException">Here and everywhere: the file is damaged (id <c>TfLiteDamaged</c>).</exception>
    public static FlatTable Root(ReadOnlyMemory<byte> file) => new(file, Position(file, 0), new StrongBox<long>(((long)file.Length * MostShared) + Spare));

    public int Int(int field, int absent = 0) => Field(field, 4) is var at and > 0 ? Int32(at) : absent;

    public long UInt(int field) => Field(field, 4) is var at and > 0 ? (uint)Int32(at) : 0;

    public long Long(int field) => Field(field, 8) is var at and > 0 ? BinaryPrimitives.ReadInt64LittleEndian(Span(at, 8)) : 0;

    public float Float(int field) => Field(field, 4) is var at and > 0 ? BinaryPrimitives.ReadSingleLittleEndian(Span(at, 4)) : 0;

    public byte Byte(int field, byte absent = 0) => Field(field, 1) is var at and > 0 ? Span(at, 1)[0] : absent;

    public string Text(int field) => Decoded(field, 1) is { Length: > 0 } bytes ? Encoding.UTF8.GetString(bytes.Span) : "";

    public ReadOnlyMemory<byte> Bytes(int field) => Vector(field, 1);

    /// <summary>The values of a vector; null where the field is absent.</summary>
    public int[]? IntsOrNull(int field) => Field(field, 4) == 0 ? null : Ints(field);

    public int[] Ints(int field) => Values(field, 4, BinaryPrimitives.ReadInt32LittleEndian);

    public long[] Longs(int field) => Values(field, 8, BinaryPrimitives.ReadInt64LittleEndian);

    public float[] Floats(int field) => Values(field, 4, BinaryPrimitives.ReadSingleLittleEndian);

    /// <summary>The values of a vector of unsigned integers of one or two bytes.</summary>
    public int[] Unsigned(int field, int width) => Values<int>(field, width, width == 1 ? static b => b[0] : static b => BinaryPrimitives.ReadUInt16LittleEndian(b));

    /// <summary>A table that a field refers to; null where the field is absent.</summary>
    public FlatTable? Table(int field) => Field(field, 4) is var at and > 0 ? new FlatTable(_file, Position(_file, at), _left) : null;

    public FlatTable[] Tables(int field)
    {
        int at = Field(field, 4);
        if (at == 0)
        {
            return [];
        }

        int vector = Position(_file, at);
        int count = Decoded(field, 4).Length / 4;
        var result = new FlatTable[count];
        for (int i = 0; i < count; i++)
        {
            result[i] = new FlatTable(_file, Position(_file, vector + 4 + (i * 4)), _left);
        }

        return result;
    }

    private delegate T Element<T>(ReadOnlySpan<byte> bytes);

    private T[] Values<T>(int field, int width, Element<T> read)
    {
        ReadOnlySpan<byte> bytes = Decoded(field, width).Span;
        var result = new T[bytes.Length / width];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = read(bytes[(i * width)..]);
        }

        return result;
    }

    private static IpuException Damaged(long at) => new("TfLiteDamaged", $"a reference at byte {at} leaves the file");

    /// <summary>What the unsigned offset at a place refers to.</summary>
    private static int Position(ReadOnlyMemory<byte> file, int at)
    {
        if (at < 0 || at > file.Length - 4)
        {
            throw Damaged(at);
        }

        long target = at + (long)BinaryPrimitives.ReadUInt32LittleEndian(file.Span[at..]);
        return target <= file.Length - 4 ? (int)target : throw Damaged(at);
    }

    /// <summary>Where a field of some bytes lies; 0 where it is absent.</summary>
    private int Field(int field, int width)
    {
        int entry = 4 + (field * 2);
        int offset = entry + 2 <= _fieldsLength ? UInt16(_fields + entry) : 0;
        return offset == 0 ? 0 : offset + width <= _length ? checked(_at + offset) : throw Damaged(_at);
    }

    private ReadOnlyMemory<byte> Decoded(int field, int width)
    {
        ReadOnlyMemory<byte> bytes = Vector(field, width);
        return (_left.Value -= bytes.Length) >= 0 ? bytes : throw new IpuException("TfLiteDamaged", "the tables share their vectors so much that they would fill the memory");
    }

    private ReadOnlyMemory<byte> Vector(int field, int width)
    {
        int at = Field(field, 4);
        if (at == 0)
        {
            return default;
        }

        int vector = Position(_file, at);
        long bytes = (uint)Int32(vector) * (long)width;
        return bytes <= _file.Length - vector - 4 ? _file.Slice(vector + 4, (int)bytes) : throw Damaged(vector);
    }

    private int Int32(int at) => BinaryPrimitives.ReadInt32LittleEndian(Span(at, 4));

    private int UInt16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(Span(at, 2));

    private ReadOnlySpan<byte> Span(int at, int length) => at >= 0 && at <= _file.Length - length ? _file.Span.Slice(at, length) : throw Damaged(at);
}
