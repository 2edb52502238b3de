namespace SgsIpu.Core;

/// <summary>Packs 4-bit integers two a byte, the first in the low nibble; an odd one at the end has 0 beside it.</summary>
public static class Int4
{
    /// <summary>Greatest magnitude of a weight; −8 is not used, so that the range is symmetric.</summary>
    public const int Max = 7;

    /// <param name="values">In [−8, 7].</param>
    /// <exception cref="ArgumentOutOfRangeException">A value has no 4 bits.</exception>
    public static Tensor Pack(ReadOnlySpan<sbyte> values, Shape shape)
    {
        var bytes = new byte[(values.Length + 1) / 2];
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] is < -Max - 1 or > Max)
            {
                throw new ArgumentOutOfRangeException(nameof(values), values[i], "4 bits hold -8 to 7");
            }

            bytes[i / 2] |= (byte)((values[i] & 15) << (4 * (i % 2)));
        }

        return new Tensor(DataType.Int4, shape, bytes);
    }

    /// <param name="tensor">Of type Int4.</param>
    public static sbyte[] Unpack(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.Type != DataType.Int4)
        {
            throw new InvalidOperationException($"a {tensor.Type} tensor was read as Int4");
        }

        var values = new sbyte[tensor.Count];
        ReadOnlySpan<byte> bytes = tensor.Bytes;
        for (int i = 0; i < values.Length; i++)
        {
            // The shift to the left and back extends the sign.
            values[i] = (sbyte)((sbyte)(i % 2 == 0 ? bytes[i / 2] << 4 : bytes[i / 2]) >> 4);
        }

        return values;
    }
}
