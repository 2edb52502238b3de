using System.Text.Json;
using System.Text.Json.Serialization;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>A shape as a JSON array of its sizes.</summary>
public sealed class ShapeJsonConverter : JsonConverter<Shape>
{
    public override Shape Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        int[] sizes = JsonSerializer.Deserialize<int[]>(ref reader) ?? throw new JsonException("a shape is an array of sizes");
        return sizes.Any(s => s < 0) ? throw new JsonException("a shape has no negative sizes") : new Shape(sizes);
    }

    public override void Write(Utf8JsonWriter writer, Shape value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartArray();
        foreach (int size in value)
        {
            writer.WriteNumberValue(size);
        }

        writer.WriteEndArray();
    }
}
