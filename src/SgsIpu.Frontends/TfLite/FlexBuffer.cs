using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace SgsIpu.Frontends.TfLite;

/// <summary>
/// Reads the map that a FlexBuffer is, as custom operators of TFLite have their options. Numbers, texts and vectors of numbers are taken;
/// what is nested deeper is left out. Source of the format: FlatBuffers, "FlexBuffers" (schema-less binary).
/// </summary>
internal static class FlexBuffer
{
    private const int Map = 9;
    private const int Vector = 10;
    private const int Bool = 26;

    /// <summary>The entries of the map; empty where the bytes are no map, or damaged.</summary>
    public static IReadOnlyDictionary<string, object> ReadMap(ReadOnlySpan<byte> bytes)
    {
        var result = new Dictionary<string, object>(StringComparer.Ordinal);
        int root = bytes.Length - 2 - (bytes.Length > 2 ? bytes[^1] : 0);
        if (root < 0 || !IsWidth(bytes[^1]) || bytes[^2] >> 2 != Map || !Follow(bytes, root, bytes[^1], out int map))
        {
            return result;
        }

        // Before the values: offset of the keys, width of the keys, number of values; behind them one type each.
        int width = 1 << (bytes[^2] & 3);
        if (!Unsigned(bytes, map - width, width, out long count) || !Unsigned(bytes, map - (2 * width), width, out long keyWidth) || !IsWidth(keyWidth)
            || !Follow(bytes, map - (3 * width), width, out int keys) || count > bytes.Length)
        {
            return result;
        }

        for (int i = 0; i < count; i++)
        {
            if (Follow(bytes, keys + (i * (int)keyWidth), (int)keyWidth, out int key) && Unsigned(bytes, map + ((int)count * width) + i, 1, out long type)
                && Value(bytes, map + (i * width), width, (int)type) is { } value)
            {
                ReadOnlySpan<byte> rest = bytes[key..];
                result[Encoding.UTF8.GetString(rest.IndexOf((byte)0) is var end and >= 0 ? rest[..end] : rest)] = value;
            }
        }

        return result;
    }

    private static object? Value(ReadOnlySpan<byte> bytes, int at, int width, int packed)
    {
        int type = packed >> 2;
        int own = 1 << (packed & 3);
        switch (type)
        {
            case 1 or 2 or 3 or Bool:
                return Scalar(bytes, at, width, type);
            case 6 or 7 or 8:
                return Follow(bytes, at, width, out int scalar) ? Scalar(bytes, scalar, own, type - 5) : null;
            case 5:
                return Follow(bytes, at, width, out int text) && Unsigned(bytes, text - own, own, out long length) && length <= bytes.Length - text
                    ? Encoding.UTF8.GetString(bytes.Slice(text, (int)length))
                    : null;
            case Vector or 11 or 12 or 13:
                return Follow(bytes, at, width, out int vector) && Unsigned(bytes, vector - own, own, out long count) && count * own <= bytes.Length - vector
                    ? Numbers(bytes, vector, own, (int)count, type)
                    : null;
            default:
                return null;
        }
    }

    private static object? Scalar(ReadOnlySpan<byte> bytes, int at, int width, int type)
    {
        if (!Unsigned(bytes, at, width, out long bits))
        {
            return null;
        }

        int shift = 64 - (8 * width);
        return type switch
        {
            1 => bits << shift >> shift,
            2 => bits,
            Bool => bits != 0,
            _ => width switch
            {
                2 => (float)BitConverter.Int16BitsToHalf((short)bits),
                4 => BitConverter.Int32BitsToSingle((int)bits),
                8 => (float)BitConverter.Int64BitsToDouble(bits),
                _ => null,
            },
        };
    }

    private static object? Numbers(ReadOnlySpan<byte> bytes, int at, int width, int count, int type)
    {
        var values = ImmutableArray.CreateBuilder<object>(count);
        for (int i = 0; i < count; i++)
        {
            int element = type == Vector ? (at + (count * width) + i < bytes.Length ? bytes[at + (count * width) + i] >> 2 : 0) : type - 10;
            if (element is not (1 or 2 or 3) || Scalar(bytes, at + (i * width), width, element) is not { } value)
            {
                return null;
            }

            values.Add(value);
        }

        return values.Any(v => v is float) ? values.Select(v => v is long l ? l : (float)v).ToArray() : values.Cast<long>().ToArray();
    }

    private static bool IsWidth(long width) => width is 1 or 2 or 4 or 8;

    /// <summary>An offset is told backwards from its own place.</summary>
    private static bool Follow(ReadOnlySpan<byte> bytes, int at, int width, out int target)
    {
        bool known = Unsigned(bytes, at, width, out long offset) && offset <= at && offset >= 0;
        target = known ? at - (int)offset : 0;
        return known;
    }

    private static bool Unsigned(ReadOnlySpan<byte> bytes, int at, int width, out long value)
    {
        value = 0;
        if (at < 0 || at > bytes.Length - width)
        {
            return false;
        }

        ReadOnlySpan<byte> from = bytes[at..];
        value = width switch
        {
            1 => from[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(from),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(from),
            _ => BinaryPrimitives.ReadInt64LittleEndian(from),
        };
        return true;
    }
}
