using System.Collections.Immutable;
using System.Text.Json;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine;

/// <summary>
/// Reads profiles: an object with <c>name</c>, <c>generation</c> (newer, older) and any of the figures, each a number or an object of
/// <c>value</c>, <c>estimate</c> and <c>source</c>. Figures that are absent are those of the generation.
/// </summary>
internal static class SocProfileReader
{
    private const long LargestFile = 1 << 20;
    private static readonly string[] Names =
    [
        "clockMHz", "macs4PerCycle", "macs8PerCycle", "macs16PerCycle", "depthwiseMacsPerCycle", "elementsPerCycle", "sramKiB", "sramBytesPerCycle", "dramBytesPerCycle", "commandCycles",
    ];

    private static readonly JsonDocumentOptions Options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 8 };

    /// <summary>The chips of <c>soc-profiles.json</c>.</summary>
    public static ImmutableArray<SocProfile> BuiltIn()
    {
        using JsonDocument document = BuiltInDocument();
        return [.. document.RootElement.GetProperty("chips").EnumerateArray().Select(c => Profile(c, document.RootElement, "soc-profiles.json"))];
    }

    /// <summary>A user's own profile.</summary>
    public static SocProfile Read(string path)
    {
        byte[] bytes = Bytes(path);
        try
        {
            using JsonDocument own = JsonDocument.Parse(bytes, Options);
            using JsonDocument builtIn = BuiltInDocument();
            return Profile(own.RootElement, builtIn.RootElement, path);
        }
        catch (JsonException e)
        {
            throw Wrong(path, e.Message);
        }
    }

    private static byte[] Bytes(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            throw new IpuException("FileNotFound", $"there is no SoC profile '{path}'", IpuErrorKind.NotFound) { Target = path };
        }

        return file.Length <= LargestFile ? File.ReadAllBytes(path) : throw Wrong(path, $"it has {file.Length} bytes; a profile has at most {LargestFile}");
    }

    private static JsonDocument BuiltInDocument()
    {
        using Stream stream = typeof(SocProfileReader).Assembly.GetManifestResourceStream("SgsIpu.Engine.soc-profiles.json")!;
        return JsonDocument.Parse(stream, Options);
    }

    private static SocProfile Profile(JsonElement chip, JsonElement builtIn, string path)
    {
        if (chip.ValueKind != JsonValueKind.Object)
        {
            throw Wrong(path, "it is not one JSON object");
        }

        if (chip.EnumerateObject().FirstOrDefault(p => p.Name is not ("name" or "generation") && !Names.Contains(p.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } unknown)
        {
            throw Wrong(path, $"'{unknown.Name}' is no figure; known are {string.Join(", ", Names)}");
        }

        string generation = Text(chip, "generation", path);
        if (!Enum.TryParse(generation, ignoreCase: true, out SocGeneration parsed) || !Enum.IsDefined(parsed))
        {
            throw Wrong(path, $"generation '{generation}' is neither newer nor older");
        }

        JsonElement defaults = builtIn.GetProperty("figures").GetProperty(parsed == SocGeneration.Newer ? "newer" : "older");
        SocFigure Of(int i) => Figure(chip.TryGetProperty(Names[i], out JsonElement own) ? own : defaults.GetProperty(Names[i]), Names[i], path);
        return new SocProfile(Text(chip, "name", path), parsed, new SocFigures(Of(0), Of(1), Of(2), Of(3), Of(4), Of(5), Of(6), Of(7), Of(8), Of(9)));
    }

    private static SocFigure Figure(JsonElement element, string name, string path)
    {
        bool plain = element.ValueKind == JsonValueKind.Number;
        JsonElement value = plain ? element : element.ValueKind == JsonValueKind.Object && element.TryGetProperty("value", out JsonElement v) ? v : default;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out double number) || !(number > 0) || number > 1e12)
        {
            throw Wrong(path, $"'{name}' is not a positive number or an object with one as 'value'");
        }

        bool estimate = !plain && element.TryGetProperty("estimate", out JsonElement e) && e.ValueKind == JsonValueKind.True;
        return new SocFigure(number, estimate, !plain && element.TryGetProperty("source", out JsonElement s) ? s.ToString() : Path.GetFileName(path));
    }

    private static string Text(JsonElement chip, string name, string path) =>
        chip.TryGetProperty(name, out JsonElement e) && e.ValueKind == JsonValueKind.String && e.GetString() is { Length: > 0 } text ? text : throw Wrong(path, $"'{name}' is missing");

    private static IpuException Wrong(string path, string what) => new("SocProfile", $"SoC profile '{path}': {what}") { Target = path };
}
