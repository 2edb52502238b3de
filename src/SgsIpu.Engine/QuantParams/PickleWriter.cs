using System.Buffers.Binary;
using System.Text;
using SgsIpu.Core;

namespace SgsIpu.Engine.QuantParams;

/// <summary>Writes quantization parameters as a pickle of protocol 3, which every Python 3 reads; data are NumPy arrays.</summary>
internal sealed class PickleWriter
{
    private const int Protocol = 3;

    private readonly MemoryStream _out = new();

    public static byte[] Write(IReadOnlyList<GivenQuantization> entries)
    {
        var writer = new PickleWriter();
        writer.Code(0x80);
        writer.Code(Protocol);
        writer.Code(']');
        writer.Code('(');
        foreach (GivenQuantization entry in entries)
        {
            writer.Entry(entry);
        }

        writer.Code('e');
        writer.Code('.');
        return writer._out.ToArray();
    }

    private void Entry(GivenQuantization entry)
    {
        Code('}');
        Code('(');
        Text("name");
        Text(entry.Tensor);
        Text("min");
        Numbers(entry.Min.AsSpan());
        Text("max");
        Numbers(entry.Max.AsSpan());
        Text("bit");
        if (entry.Bit is { } bit)
        {
            Int(bit);
        }
        else
        {
            Code('N');
        }

        if (entry.Data is { } data)
        {
            Text("data");
            Array(data);
        }

        Code('u');
    }

    private void Numbers(ReadOnlySpan<float> values)
    {
        Code(']');
        Code('(');
        Span<byte> number = stackalloc byte[8];
        foreach (float v in values)
        {
            Code('G');
            BinaryPrimitives.WriteDoubleBigEndian(number, v);
            _out.Write(number);
        }

        Code('e');
    }

    /// <summary>numpy.core.multiarray._reconstruct(numpy.ndarray, (0,), b'b') with the state (1, shape, dtype, False, bytes).</summary>
    private void Array(Tensor data)
    {
        Global("numpy.core.multiarray", "_reconstruct");
        Global("numpy", "ndarray");
        Int(0);
        Code(0x85);
        Bytes("b"u8);
        Code(0x87);
        Code('R');
        Code('(');
        Int(1);
        Code('(');
        foreach (int d in data.Shape)
        {
            Int(d);
        }

        Code('t');
        Global("numpy", "dtype");
        Text("f4");
        Code(0x89);
        Code(0x88);
        Code(0x87);
        Code('R');
        Code('(');
        Int(3);
        Text("<");
        Code('N');
        Code('N');
        Code('N');
        Int(-1);
        Int(-1);
        Int(0);
        Code('t');
        Code('b');
        Code(0x89);
        Bytes(data.Bytes);
        Code('t');
        Code('b');
    }

    private void Global(string module, string name) => _out.Write(Encoding.UTF8.GetBytes($"c{module}\n{name}\n"));

    private void Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Sized('X', utf8);
    }

    private void Bytes(ReadOnlySpan<byte> bytes) => Sized('B', bytes);

    private void Sized(char code, ReadOnlySpan<byte> bytes)
    {
        Code(code);
        Word(bytes.Length);
        _out.Write(bytes);
    }

    private void Int(int value)
    {
        Code('J');
        Word(value);
    }

    private void Word(int value)
    {
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(word, value);
        _out.Write(word);
    }

    private void Code(int code) => _out.WriteByte((byte)code);
}
