using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SgsIpu.Engine.Files;

/// <summary>
/// Writes a list of several numbers as the base64 of their little-endian bytes: a model has tens of thousands of them, and they are most
/// of the time of reading its text. <see cref="JsonFields"/> reads both forms.
/// </summary>
internal sealed class NumbersJsonConverter<T> : JsonConverter<ImmutableArray<T>>
    where T : unmanaged
{
    public override ImmutableArray<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("tensors are read field by field");

    public override void Write(Utf8JsonWriter writer, ImmutableArray<T> value, JsonSerializerOptions options)
    {
        if (value.Length > 1)
        {
            writer.WriteBase64StringValue(MemoryMarshal.AsBytes(value.AsSpan()));
        }
        else
        {
            JsonSerializer.Serialize(writer, value, options);
        }
    }
}
