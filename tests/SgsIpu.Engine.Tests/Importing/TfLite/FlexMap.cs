using System.Buffers.Binary;
using System.Text;

namespace SgsIpu.Engine.Tests.Importing.TfLite;

/// <summary>Writes a FlexBuffer that is a map of numbers, every one of 32 bits.</summary>
internal static class FlexMap
{
    private const int Int = 1;
    private const int Float = 3;
    private const int Map = 9;
    private const int FourBytes = 2;

    public static byte[] Write(params (string Key, object Value)[] entries)
    {
        (string Key, object Value)[] sorted = [.. entries.OrderBy(e => e.Key, StringComparer.Ordinal)];
        var bytes = new List<byte>();
        int[] keys = [.. sorted.Select(e => Key(e.Key))];
        while (bytes.Count % 4 != 0)
        {
            bytes.Add(0);
        }

        Word(sorted.Length);
        int vector = bytes.Count;
        foreach (int key in keys)
        {
            Word(bytes.Count - key);
        }

        Word(bytes.Count - vector);
        Word(4);
        Word(sorted.Length);
        int map = bytes.Count;
        foreach ((_, object value) in sorted)
        {
            Word(value is float f ? BitConverter.SingleToInt32Bits(f) : (int)value);
        }

        bytes.AddRange(sorted.Select(e => (byte)((e.Value is float ? Float : Int) << 2 | FourBytes)));
        while (bytes.Count % 4 != 0)
        {
            bytes.Add(0);
        }

        // The root: an offset of one byte, its type, its width.
        bytes.AddRange([(byte)(bytes.Count - map), (Map << 2) | FourBytes, 1]);
        return [.. bytes];

        int Key(string key)
        {
            int at = bytes.Count;
            bytes.AddRange(Encoding.UTF8.GetBytes(key));
            bytes.Add(0);
            return at;
        }

        void Word(int value)
        {
            byte[] four = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(four, value);
            bytes.AddRange(four);
        }
    }
}
