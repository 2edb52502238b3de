using System.Collections.Immutable;
using System.Text.Json;
using SgsIpu.Engine.Files;

namespace SgsIpu.Engine.Compilation;

/// <summary>The <c>model</c> section of an image.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Source">Name of the file that the model came from, without its folder.</param>
internal sealed record ImageHeader(
    string ToolVersion,
    string Name,
    string Soc,
    string Source,
    ImmutableArray<int> Batch,
    BatchMode BatchMode,
    ModelCategory Category,
    ImageSizes Sizes)
{
    /// <summary>Reads the object that follows.</summary>
    public static ImageHeader Read(ref Utf8JsonReader json)
    {
        string? toolVersion = null;
        string? name = null;
        string? soc = null;
        string? source = null;
        ImmutableArray<int>? batch = null;
        BatchMode? mode = null;
        ModelCategory? category = null;
        ImageSizes? sizes = null;
        JsonFields.BeginObject(ref json);
        while (JsonFields.NextField(ref json))
        {
            if (json.ValueTextEquals("toolVersion"u8))
            {
                toolVersion = JsonFields.Text(ref json);
            }
            else if (json.ValueTextEquals("name"u8))
            {
                name = JsonFields.Text(ref json);
            }
            else if (json.ValueTextEquals("soc"u8))
            {
                soc = JsonFields.Text(ref json);
            }
            else if (json.ValueTextEquals("source"u8))
            {
                source = JsonFields.Text(ref json);
            }
            else if (json.ValueTextEquals("batch"u8))
            {
                batch = JsonFields.Integers(ref json);
            }
            else if (json.ValueTextEquals("batchMode"u8))
            {
                mode = JsonFields.Named<BatchMode>(ref json);
            }
            else if (json.ValueTextEquals("category"u8))
            {
                category = JsonFields.Named<ModelCategory>(ref json);
            }
            else if (json.ValueTextEquals("sizes"u8))
            {
                sizes = ReadSizes(ref json);
            }
            else
            {
                JsonFields.Skip(ref json);
            }
        }

        return new ImageHeader(
            JsonFields.Required(toolVersion, "toolVersion"),
            JsonFields.Required(name, "name"),
            JsonFields.Required(soc, "soc"),
            JsonFields.Required(source, "source"),
            JsonFields.Required(batch, "batch"),
            JsonFields.Required(mode, "batchMode"),
            JsonFields.Required(category, "category"),
            JsonFields.Required(sizes, "sizes"));
    }

    private static ImageSizes ReadSizes(ref Utf8JsonReader json)
    {
        long? arena = null;
        long? constants = null;
        long? inputs = null;
        long? outputs = null;
        JsonFields.BeginObject(ref json);
        while (JsonFields.NextField(ref json))
        {
            if (json.ValueTextEquals("arena"u8))
            {
                arena = JsonFields.Int64(ref json);
            }
            else if (json.ValueTextEquals("constants"u8))
            {
                constants = JsonFields.Int64(ref json);
            }
            else if (json.ValueTextEquals("inputs"u8))
            {
                inputs = JsonFields.Int64(ref json);
            }
            else if (json.ValueTextEquals("outputs"u8))
            {
                outputs = JsonFields.Int64(ref json);
            }
            else
            {
                JsonFields.Skip(ref json);
            }
        }

        return new ImageSizes(
            JsonFields.Required(arena, "arena"),
            JsonFields.Required(constants, "constants"),
            JsonFields.Required(inputs, "inputs"),
            JsonFields.Required(outputs, "outputs"));
    }
}
