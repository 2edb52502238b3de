using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Files;

/// <summary>The JSON parts of model files.</summary>
internal static class ModelJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(), new ShapeJsonConverter() },
    };

    public static byte[] Write<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Options);

    /// <summary>A document that reads itself, field by field.</summary>
    /// <param name="read">Reads the value that follows.</param>
    /// <param name="damaged">Makes the error of the file's format.</param>
    public static T Read<T>(ReadOnlySpan<byte> json, JsonPart<T> read, Func<string, IpuException> damaged)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            T value = read(ref reader);
            return reader.Read() ? throw damaged("something follows a part of it") : value;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            // The last two are the reader's errors for numbers and for text that is no UTF-8.
            throw damaged(e.Message);
        }
    }

    /// <param name="damaged">Makes the error of the file's format.</param>
    public static T Read<T>(ReadOnlySpan<byte> json, Func<string, IpuException> damaged)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options) ?? throw damaged("a part of it is empty");
        }
        catch (JsonException e)
        {
            throw damaged(e.Message);
        }
    }
}
