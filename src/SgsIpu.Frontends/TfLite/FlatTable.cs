using System.Buffers.Binary;
using System.Text;
using SgsIpu.Core;

namespace SgsIpu.Frontends.TfLite;

/// <summary>A table of a FlatBuffer, read in place. Every access is checked against the file, so that a damaged one gives an error.</summary>
internal readonly struct FlatTable
{
    private readonly ReadOnlyMemory<byte> _file;
    private readonly int _at;
    private readonly int _fields;
    private readonly int _fieldsLength;

    private FlatTable(ReadOnlyMemory<byte> file, int at)
    {
        _file = file;
        _at = at;
        _fields = at - Int32(at);
        _fieldsLength = UInt16(_fields);
    }

    /// <summary>The root table of a file.</summary>
    /// <exception cref="IpuException">Here and everywhere: the file is damaged (id <c>TfLiteDamaged</c>).</exception>
    public static FlatTable Root(ReadOnlyMemory<byte> file) => new(file, Position(file, 0));

    public int Int(int field, int absent = 0) => Field(field) is var at and > 0 ? Int32(at) : absent;

    public long UInt(int field) => Field(field) is var at and > 0 ? (uint)Int32(at) : 0;

    public byte Byte(int field) => Field(field) is var at and > 0 ? Span(at, 1)[0] : (byte)0;

    public string Text(int field) => Vector(field, 1) is { Length: > 0 } bytes ? Encoding.UTF8.GetString(bytes.Span) : "";

    public ReadOnlyMemory<byte> Bytes(int field) => Vector(field, 1);

    public int[] Ints(int field)
    {
        ReadOnlySpan<byte> bytes = Vector(field, 4).Span;
        var result = new int[bytes.Length / 4];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(i * 4)..]);
        }

        return result;
    }

    /// <summary>A table that a field refers to; null where the field is absent.</summary>
    public FlatTable? Table(int field) => Field(field) is var at and > 0 ? new FlatTable(_file, Position(_file, at)) : null;

    public FlatTable[] Tables(int field)
    {
        int at = Field(field);
        if (at == 0)
        {
            return [];
        }

        int vector = Position(_file, at);
        int count = Vector(field, 4).Length / 4;
        var result = new FlatTable[count];
        for (int i = 0; i < count; i++)
        {
            result[i] = new FlatTable(_file, Position(_file, vector + 4 + (i * 4)));
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

    private int Field(int field)
    {
        int entry = 4 + (field * 2);
        int offset = entry + 2 <= _fieldsLength ? UInt16(_fields + entry) : 0;
        return offset == 0 ? 0 : checked(_at + offset);
    }

    private ReadOnlyMemory<byte> Vector(int field, int width)
    {
        int at = Field(field);
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
