using System.Text.Encodings.Web;
using System.Text.Json;
using SgsIpu.Core;

namespace SgsIpu.Engine.QuantParams;

/// <summary>Quantization parameters as JSON: a list of objects with name, min, max, bit and, of constants, data as nested lists.</summary>
internal static class QuantParamJson
{
    private const int Deepest = 16;

    public static byte[] Write(IReadOnlyList<GivenQuantization> entries)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartArray();
            foreach (GivenQuantization entry in entries)
            {
                json.WriteStartObject();
                json.WriteString("name", entry.Tensor);
                WriteNumbers(json, "min", entry.Min.AsSpan());
                WriteNumbers(json, "max", entry.Max.AsSpan());
                if (entry.Bit is { } bit)
                {
                    json.WriteNumber("bit", bit);
                }
                else
                {
                    json.WriteNull("bit");
                }

                if (entry.Data is { } data)
                {
                    json.WritePropertyName("data");
                    WriteNested(json, data.As<float>(), data.Shape, 0);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return stream.ToArray();
    }

    /// <summary>The objects of a text, of the types that <see cref="PickleReader"/> makes.</summary>
    /// <exception cref="IpuException">It is no JSON (id <c>QuantParamSyntax</c>).</exception>
    public static object? Read(byte[] utf8, string name)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = Deepest });
            return Of(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new IpuException("QuantParamSyntax", $"'{name}' is no JSON: {e.Message}", IpuErrorKind.InvalidFile, e) { Target = name };
        }
        catch (InvalidOperationException e)
        {
            throw new IpuException("QuantParamSyntax", $"'{name}' has a text that is no Unicode", IpuErrorKind.InvalidFile, e) { Target = name };
        }
    }

    private static object? Of(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var entries = new Dictionary<string, object?>(StringComparer.Ordinal);
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    entries[property.Name] = Of(property.Value);
                }

                return entries;
            case JsonValueKind.Array:
                return element.EnumerateArray().Select(Of).ToList();
            case JsonValueKind.Number:
                return element.TryGetInt64(out long whole) ? (object)whole : element.GetDouble();
            case JsonValueKind.String:
                return element.GetString();
            case JsonValueKind.True or JsonValueKind.False:
                return element.GetBoolean();
            default:
                return null;
        }
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, ReadOnlySpan<float> values)
    {
        json.WriteStartArray(name);
        foreach (float v in values)
        {
            json.WriteNumberValue(v);
        }

        json.WriteEndArray();
    }

    private static void WriteNested(Utf8JsonWriter json, ReadOnlySpan<float> values, Shape shape, int dimension)
    {
        if (dimension == shape.Rank)
        {
            json.WriteNumberValue(values[0]);
            return;
        }

        json.WriteStartArray();
        int part = shape[dimension] == 0 ? 0 : values.Length / shape[dimension];
        for (int i = 0; i < shape[dimension]; i++)
        {
            WriteNested(json, values.Slice(i * part, part), shape, dimension + 1);
        }

        json.WriteEndArray();
    }
}
