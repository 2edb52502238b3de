using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using SgsIpu.Core;

namespace SgsIpu.Engine.Files;

/// <summary>
/// Reads the parts of a document field by field. The serializer would look at every type by reflection first, which takes longer than a
/// whole image; the long lists of scales take it several times as long too. Each method expects the reader before the value, moves it to
/// the value's end, and throws <see cref="JsonException"/> where something else stands there.
/// </summary>
internal static class JsonFields
{
    public static void BeginObject(ref Utf8JsonReader json) => Expect(ref json, JsonTokenType.StartObject, "an object");

    /// <summary>Moves on to the next field's name; false at the end of the object.</summary>
    public static bool NextField(ref Utf8JsonReader json)
    {
        // Between fields the reader itself admits nothing but a name or the end.
        Read(ref json);
        return json.TokenType == JsonTokenType.PropertyName;
    }

    /// <summary>Passes by the value of a field that this version does not know.</summary>
    public static void Skip(ref Utf8JsonReader json)
    {
        Read(ref json);
        json.Skip();
    }

    public static string Text(ref Utf8JsonReader json)
    {
        Expect(ref json, JsonTokenType.String, "a text");
        return json.GetString()!;
    }

    public static int Int32(ref Utf8JsonReader json)
    {
        Expect(ref json, JsonTokenType.Number, "a number");
        return json.TryGetInt32(out int value) ? value : throw new JsonException("a number is no integer of 32 bits");
    }

    public static long Int64(ref Utf8JsonReader json)
    {
        Expect(ref json, JsonTokenType.Number, "a number");
        return json.TryGetInt64(out long value) ? value : throw new JsonException("a number is no integer of 64 bits");
    }

    public static int? OptionalInt32(ref Utf8JsonReader json) => IsNull(json) ? Null<int>(ref json) : Int32(ref json);

    public static long? OptionalInt64(ref Utf8JsonReader json) => IsNull(json) ? Null<long>(ref json) : Int64(ref json);

    /// <summary>A value of an enumeration by its name.</summary>
    public static T Named<T>(ref Utf8JsonReader json)
        where T : struct, Enum
    {
        string name = Text(ref json);
        return Enum.TryParse(name, ignoreCase: true, out T value) ? value : throw new JsonException($"'{name}' is no {typeof(T).Name}");
    }

    public static ImmutableArray<int> Integers(ref Utf8JsonReader json)
    {
        BeginArray(ref json);
        int[] values = new int[4];
        int count = 0;
        while (NextElement(ref json))
        {
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt32(out int value))
            {
                throw new JsonException("a list holds something else than integers of 32 bits");
            }

            Append(ref values, ref count, value);
        }

        return Finish(values, count);
    }

    public static Shape Shape(ref Utf8JsonReader json)
    {
        ImmutableArray<int> sizes = Integers(ref json);
        foreach (int size in sizes)
        {
            if (size < 0)
            {
                throw new JsonException("a shape has no negative sizes");
            }
        }

        return new Shape(sizes.AsSpan());
    }

    public static ImmutableArray<int>? OptionalIntegers(ref Utf8JsonReader json)
    {
        if (IsNull(json))
        {
            Read(ref json);
            return null;
        }

        return Integers(ref json);
    }

    public static ImmutableArray<double>? OptionalDoubles(ref Utf8JsonReader json)
    {
        if (IsNull(json))
        {
            Read(ref json);
            return null;
        }

        if (IsText(json))
        {
            return Packed<double>(ref json);
        }

        BeginArray(ref json);
        double[] values = new double[1];
        int count = 0;
        while (NextElement(ref json))
        {
            Append(ref values, ref count, json.TokenType == JsonTokenType.Number ? json.GetDouble() : NotFinite(ref json));
        }

        return Finish(values, count);
    }

    public static ImmutableArray<float>? OptionalSingles(ref Utf8JsonReader json)
    {
        if (IsNull(json))
        {
            Read(ref json);
            return null;
        }

        if (IsText(json))
        {
            return Packed<float>(ref json);
        }

        BeginArray(ref json);
        float[] values = new float[1];
        int count = 0;
        while (NextElement(ref json))
        {
            Append(ref values, ref count, json.TokenType == JsonTokenType.Number ? json.GetSingle() : (float)NotFinite(ref json));
        }

        return Finish(values, count);
    }

    /// <summary>Numbers as the base64 of their little-endian bytes.</summary>
    private static ImmutableArray<T> Packed<T>(ref Utf8JsonReader json)
        where T : unmanaged
    {
        Read(ref json);
        byte[] bytes = json.TryGetBytesFromBase64(out byte[]? packed) ? packed : throw new JsonException("a list of numbers is no base64");
        return bytes.Length % Unsafe.SizeOf<T>() == 0
            ? ImmutableCollectionsMarshal.AsImmutableArray(MemoryMarshal.Cast<byte, T>(bytes).ToArray())
            : throw new JsonException($"a list of numbers of {Unsafe.SizeOf<T>()} bytes has {bytes.Length}");
    }

    /// <param name="read">Reads the element that the reader is at.</param>
    public static ImmutableArray<T> Elements<T>(ref Utf8JsonReader json, JsonPart<T> read)
    {
        BeginArray(ref json);
        T[] values = new T[16];
        int count = 0;
        while (NextElement(ref json))
        {
            Append(ref values, ref count, read(ref json));
        }

        return Finish(values, count);
    }

    private static void BeginArray(ref Utf8JsonReader json) => Expect(ref json, JsonTokenType.StartArray, "a list");

    /// <summary>Moves on to the next element of a list, the reader being at it then; false at the end.</summary>
    private static bool NextElement(ref Utf8JsonReader json)
    {
        Read(ref json);
        return json.TokenType != JsonTokenType.EndArray;
    }

    /// <summary>Requires the reader to be at the beginning of an object, as an element of a list.</summary>
    public static void RequireObject(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("a list holds something else than objects");
        }
    }

    /// <summary>The value of a field that an object must have.</summary>
    public static T Required<T>(T? value, string field)
        where T : class
        => value ?? throw Missing(field);

    /// <summary>The value of a field that an object must have.</summary>
    public static T Required<T>(T? value, string field)
        where T : struct
        => value ?? throw Missing(field);

    private static JsonException Missing(string field) => new($"an object has no field '{field}'");

    /// <summary>Numbers that JSON cannot write stand as texts.</summary>
    private static double NotFinite(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.String)
        {
            if (json.ValueTextEquals("NaN"u8))
            {
                return double.NaN;
            }

            if (json.ValueTextEquals("Infinity"u8))
            {
                return double.PositiveInfinity;
            }

            if (json.ValueTextEquals("-Infinity"u8))
            {
                return double.NegativeInfinity;
            }
        }

        throw new JsonException("a list holds something else than numbers");
    }

    private static bool IsNull(Utf8JsonReader ahead)
    {
        Read(ref ahead);
        return ahead.TokenType == JsonTokenType.Null;
    }

    private static bool IsText(Utf8JsonReader ahead)
    {
        Read(ref ahead);
        return ahead.TokenType == JsonTokenType.String;
    }

    private static T? Null<T>(ref Utf8JsonReader json)
        where T : struct
    {
        Read(ref json);
        return null;
    }

    private static void Expect(ref Utf8JsonReader json, JsonTokenType token, string what)
    {
        Read(ref json);
        if (json.TokenType != token)
        {
            throw new JsonException($"{json.TokenType} stands where {what} is expected");
        }
    }

    private static void Read(ref Utf8JsonReader json)
    {
        if (!json.Read())
        {
            throw new JsonException("it ends too early");
        }
    }

    /// <summary>Grows by doubling, so that a list never takes more than the text that it is read from allows for.</summary>
    private static void Append<T>(ref T[] values, ref int count, T value)
    {
        if (count == values.Length)
        {
            Array.Resize(ref values, count * 2);
        }

        values[count++] = value;
    }

    private static ImmutableArray<T> Finish<T>(T[] values, int count)
    {
        if (count != values.Length)
        {
            Array.Resize(ref values, count);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(values);
    }
}
