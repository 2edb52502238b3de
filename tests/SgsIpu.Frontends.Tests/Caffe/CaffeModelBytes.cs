using System.Buffers.Binary;

namespace SgsIpu.Frontends.Tests.Caffe;

/// <summary>Writes caffemodels for tests, independently of the reader: protobuf by hand.</summary>
internal static class CaffeModelBytes
{
    /// <summary>A caffemodel of today: layers (field 100) of name (1) and blobs (7) with a shape (7) and data (5).</summary>
    public static byte[] Of(params ReadOnlySpan<(string Name, int[] Shape, float[] Values)[]> layers)
    {
        var net = new List<byte>();
        foreach ((string Name, int[] Shape, float[] Values)[] blobs in layers)
        {
            List<byte> layer = [.. Field(1, System.Text.Encoding.UTF8.GetBytes(blobs[0].Name))];
            foreach ((_, int[] shape, float[] values) in blobs)
            {
                byte[] sizes = [.. shape.SelectMany(d => Varint((ulong)d))];
                layer.AddRange(Field(7, [.. Field(5, Floats(values)), .. Field(7, Field(1, sizes))]));
            }

            net.AddRange(Field(100, [.. layer]));
        }

        return [.. net];
    }

    /// <summary>A V1 caffemodel: layers (field 2) of name (4) and blobs (6) with num, channels, height, width (1 to 4).</summary>
    public static byte[] OfOld(string name, int[] sizes, float[] values)
    {
        byte[] blob = [.. sizes.SelectMany((s, i) => (byte[])[(byte)((i + 1) << 3), .. Varint((ulong)s)]), .. Field(5, Floats(values))];
        return Field(2, [.. Field(4, System.Text.Encoding.UTF8.GetBytes(name)), .. Field(6, blob)]);
    }

    private static byte[] Field(int number, byte[] value) => [.. Varint(((ulong)number << 3) | 2), .. Varint((ulong)value.Length), .. value];

    private static byte[] Floats(float[] values)
    {
        var bytes = new byte[values.Length * 4];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * 4), values[i]);
        }

        return bytes;
    }

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value > 127; value >>= 7)
        {
            bytes.Add((byte)(value | 128));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }
}
