using System.Collections.Immutable;
using System.Text.Json;

namespace SgsIpu.Engine.Files;

/// <summary>A node as model files describe it.</summary>
/// <param name="Op">The operator's name in the catalog.</param>
/// <param name="Attributes">The operator's attributes.</param>
/// <param name="Inputs">Positions in the list of tensors; −1 for an absent optional input.</param>
/// <param name="Outputs">Positions in the list of tensors.</param>
internal sealed record NodeDocument(string Name, string Op, JsonElement Attributes, ImmutableArray<int> Inputs, ImmutableArray<int> Outputs)
{
    /// <summary>Reads the object that the reader is at.</summary>
    public static NodeDocument Read(ref Utf8JsonReader json)
    {
        JsonFields.RequireObject(ref json);
        string? name = null;
        string? op = null;
        JsonElement? attributes = null;
        ImmutableArray<int>? inputs = null;
        ImmutableArray<int>? outputs = null;
        while (JsonFields.NextField(ref json))
        {
            if (json.ValueTextEquals("name"u8))
            {
                name = JsonFields.Text(ref json);
            }
            else if (json.ValueTextEquals("op"u8))
            {
                op = JsonFields.Text(ref json);
            }
            else if (json.ValueTextEquals("attributes"u8))
            {
                attributes = JsonElement.ParseValue(ref json);
            }
            else if (json.ValueTextEquals("inputs"u8))
            {
                inputs = JsonFields.Integers(ref json);
            }
            else if (json.ValueTextEquals("outputs"u8))
            {
                outputs = JsonFields.Integers(ref json);
            }
            else
            {
                JsonFields.Skip(ref json);
            }
        }

        return new NodeDocument(
            JsonFields.Required(name, "name"),
            JsonFields.Required(op, "op"),
            JsonFields.Required(attributes, "attributes"),
            JsonFields.Required(inputs, "inputs"),
            JsonFields.Required(outputs, "outputs"));
    }
}
