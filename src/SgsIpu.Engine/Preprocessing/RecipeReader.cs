using System.Collections;
using System.Globalization;
using System.Text;
using SgsIpu.Core;
using SgsIpu.Engine.Files;
using SgsIpu.Ops;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>Reads recipes from YAML files and from dictionaries.</summary>
public static class RecipeReader
{
    private const long LargestFile = 1 << 16;
    private const int LargestSide = 1 << 14;

    private static readonly string[] Keys = ["anchor", "colour", "crop", "interpolation", "letterbox", "pad", "resize"];

    /// <exception cref="IpuException">The file is no YAML mapping (id <c>RecipeSyntax</c>), or a key or value is not allowed (<c>RecipeKey</c>, <c>RecipeValue</c>).</exception>
    public static Recipe ReadFile(string path)
    {
        string text = Encoding.UTF8.GetString(InputFile.Read(path, LargestFile));
        try
        {
            var keys = new DeserializerBuilder().WithDuplicateKeyChecking().Build().Deserialize<Dictionary<string, object>>(text);
            return Read(keys ?? [], path);
        }
        catch (YamlException e)
        {
            throw new IpuException("RecipeSyntax", $"{path}({e.Start.Line}): {e.Message}", IpuErrorKind.InvalidArgument, e) { Target = path };
        }
    }

    /// <param name="name">For messages.</param>
    public static Recipe Read(IDictionary keys, string name)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var recipe = new Recipe();
        foreach (DictionaryEntry entry in keys)
        {
            string key = Text(entry.Key);
            recipe = key.ToLowerInvariant() switch
            {
                "resize" => Sides(key, entry.Value, name) is [var one] ? recipe with { ShorterSide = one } : recipe with { Size = Pair(key, entry.Value, name) },
                "letterbox" => recipe with { Letterbox = Pair(key, entry.Value, name) },
                "anchor" => recipe with { TopLeft = Choice(key, entry.Value, name, ("centre", false), ("top-left", true)) },
                "crop" => recipe with { Crop = Pair(key, entry.Value, name) },
                "pad" => recipe with { Pad = (byte)Number(key, entry.Value, 0, 255, name) },
                "interpolation" => recipe with
                {
                    Interpolation = Choice(
                        key, entry.Value, name,
                        ("opencv-bilinear", Interpolation.OpenCvBilinear), ("opencv-area", Interpolation.OpenCvArea), ("nearest", Interpolation.Nearest),
                        ("pillow-bilinear", Interpolation.PillowBilinear), ("pillow-bicubic", Interpolation.PillowBicubic)),
                },
                "colour" or "color" => recipe with
                {
                    Colour = Choice<ImageFormat>(key, entry.Value, name, ("RGB", ImageFormat.RGB), ("BGR", ImageFormat.BGR), ("GRAY", ImageFormat.GRAY)),
                },
                _ => throw Fault("RecipeKey", $"there is no key '{key}'; keys are {string.Join(", ", Keys)}", name),
            };
        }

        return recipe.Letterbox is not null && (recipe.Size is not null || recipe.ShorterSide > 0)
            ? throw Fault("RecipeValue", "'letterbox' and 'resize' exclude each other", name)
            : recipe;
    }

    private static (int Width, int Height) Pair(string key, object? value, string name) => Sides(key, value, name) switch
    {
        [var side] => (side, side),
        [var width, var height] => (width, height),
        _ => throw Fault("RecipeValue", $"'{key}' is one length or [width, height]", name),
    };

    private static int[] Sides(string key, object? value, string name) =>
        value is IEnumerable list and not string
            ? [.. list.Cast<object>().Select(v => Number(key, v, 1, LargestSide, name))]
            : [Number(key, value, 1, LargestSide, name)];

    private static int Number(string key, object? value, int least, int largest, string name) =>
        int.TryParse(Text(value), NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) && number >= least && number <= largest
            ? number
            : throw Fault("RecipeValue", $"'{key}' is '{Text(value)}'; it is a whole number from {least} to {largest}", name);

    private static T Choice<T>(string key, object? value, string name, params ReadOnlySpan<(string Text, T Value)> choices)
    {
        foreach ((string text, T choice) in choices)
        {
            if (text.Equals(Text(value), StringComparison.OrdinalIgnoreCase))
            {
                return choice;
            }
        }

        throw Fault("RecipeValue", $"'{key}' is '{Text(value)}'; allowed are {string.Join(", ", choices.ToArray().Select(c => c.Text))}", name);
    }

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private static IpuException Fault(string errorId, string message, string name) => new(errorId, $"recipe {name}: {message}", IpuErrorKind.InvalidArgument) { Target = name };
}
