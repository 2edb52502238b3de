using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SgsIpu.Core;
using SgsIpu.Engine.Files;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace SgsIpu.Engine.Configuration;

/// <summary>Reads <c>quant_config.yaml</c>; says what is wrong with file and line.</summary>
internal sealed partial class QuantConfigReader
{
    private const long LargestFile = 1 << 20;
    private const int DeepestNesting = 8;
    private const int MostIterations = 100_000;

    private static readonly string[] Sections = ["QUANT_CONFIG", "PRESET_MIN_MAX_BIT"];
    private static readonly string[] Keys = ["retrain_iter_num", "device", "mixed_precisions", "use_preset_min_max_bit", "mp_rate"];
    private static readonly string[] PresetKeys = ["name", "min", "max", "bit"];

    private readonly string _source;

    private QuantConfigReader(string source) => _source = source;

    public static QuantConfig ReadFile(string path) => Parse(Encoding.UTF8.GetString(InputFile.Read(path, LargestFile)), path);

    public static QuantConfig Parse(string text, string source)
    {
        var reader = new QuantConfigReader(source);
        try
        {
            YamlNode? root = reader.Load(Brackets().Replace(text, " $0"));
            return root is null ? new QuantConfig { Source = source } : reader.Config(root);
        }
        catch (YamlException e)
        {
            throw reader.Fault("QuantConfigSyntax", e.Start, e.Message);
        }
    }

    [GeneratedRegex("^(cpu|cuda|cuda:[0-9]{1,3})$")]
    private static partial Regex Devices();

    /// <summary>The guide's list of presets begins its lines with brackets, which strict YAML wants indented.</summary>
    [GeneratedRegex(@"^[\[\]{}]", RegexOptions.Multiline)]
    private static partial Regex Brackets();

    private YamlNode? Load(string text)
    {
        var stream = new YamlStream();
        try
        {
            CheckNesting(text);
            stream.Load(new StringReader(text));
        }
        catch (InvalidOperationException e)
        {
            // The library's scanner loses its way in some broken texts.
            throw new YamlException(e.Message);
        }

        return stream.Documents.Count == 0 ? null : stream.Documents[0].RootNode;
    }

    /// <summary>The loader recurses, and follows references to what was written before: neither is needed here.</summary>
    private void CheckNesting(string text)
    {
        var parser = new Parser(new StringReader(text));
        int depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current!.NestingIncrease;
            if (depth > DeepestNesting + 2)
            {
                throw Fault("QuantConfigSyntax", parser.Current.Start, $"values are nested deeper than {DeepestNesting}");
            }

            if (parser.Current is AnchorAlias)
            {
                throw Fault("QuantConfigSyntax", parser.Current.Start, "references (*) are not supported");
            }
        }
    }

    private QuantConfig Config(YamlNode root)
    {
        var config = new QuantConfig { Source = _source };
        foreach ((string section, YamlNode node) in Entries(root, "the file", Sections))
        {
            config = section == "QUANT_CONFIG" ? Parameters(config, node) : config with { Presets = Presets(node) };
        }

        return config;
    }

    private QuantConfig Parameters(QuantConfig config, YamlNode section)
    {
        foreach ((string key, YamlNode value) in Entries(section, "QUANT_CONFIG", Keys))
        {
            if (Text(value) is null && value is YamlScalarNode)
            {
                continue;
            }

            config = key switch
            {
                "retrain_iter_num" => config with { RetrainIterations = (int)Number(key, value, 1, MostIterations, whole: true) },
                "device" => config with { Device = Devices().IsMatch(Text(value) ?? "") ? Text(value) : throw Wrong(key, value, "'cpu' or 'cuda:N'") },
                "mixed_precisions" => config with { MixedPrecisions = Widths(key, value) },
                "use_preset_min_max_bit" => config with { UsePresets = Number(key, value, 0, 1, whole: true) == 1 },
                _ => config with { CompressionRate = Number(key, value, 0.25, 1, whole: false), RateLine = Line(value.Start) },
            };
        }

        return config;
    }

    private (int, int) Widths(string key, YamlNode value)
    {
        string[] widths = value is YamlSequenceNode list ? [.. list.Select(v => Text(v) ?? "")] : [];
        return widths is ["4", "8"] ? (4, 8) : widths is ["8", "16"] ? (8, 16) : throw Wrong(key, value, "[4, 8] or [8, 16]");
    }

    private ImmutableArray<QuantPreset> Presets(YamlNode section)
    {
        if (section is YamlScalarNode && Text(section) is null)
        {
            return [];
        }

        if (section is not YamlSequenceNode list)
        {
            throw Wrong("PRESET_MIN_MAX_BIT", section, "a list of {name, min, max, bit}");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        var presets = ImmutableArray.CreateBuilder<QuantPreset>();
        foreach (YamlNode item in list)
        {
            QuantPreset preset = Preset(item);
            presets.Add(seen.Add(preset.Tensor) ? preset : throw Fault("QuantConfigValue", item.Start, $"tensor '{preset.Tensor}' is preset twice"));
        }

        return presets.ToImmutable();
    }

    private QuantPreset Preset(YamlNode item)
    {
        var preset = new QuantPreset("") { Line = Line(item.Start) };
        foreach ((string key, YamlNode value) in Entries(item, "an entry of PRESET_MIN_MAX_BIT", PresetKeys))
        {
            preset = key switch
            {
                "name" => preset with { Tensor = Text(value) ?? "" },
                "min" => preset with { Min = Bounds(key, value) },
                "max" => preset with { Max = Bounds(key, value) },
                _ => preset with { Bit = Bits(key, value) },
            };
        }

        if (preset.Tensor.Length == 0)
        {
            throw Fault("QuantConfigKey", item.Start, "an entry of PRESET_MIN_MAX_BIT needs the key 'name' with the name of a tensor");
        }

        bool ordered = preset.Min.Length == preset.Max.Length && preset.Min.Zip(preset.Max).All(p => p.First <= p.Second);
        return ordered ? preset : throw Fault("QuantConfigValue", item.Start, $"tensor '{preset.Tensor}': 'min' and 'max' are both null, or as many numbers each with no min above its max");
    }

    private int? Bits(string key, YamlNode value) => Text(value) switch
    {
        null when value is YamlScalarNode => null,
        "4" => 4,
        "8" => 8,
        "16" => 16,
        _ => throw Wrong(key, value, "4, 8, 16 or null"),
    };

    private ImmutableArray<float> Bounds(string key, YamlNode value) => value switch
    {
        YamlSequenceNode list => [.. list.Select(v => (float)Number(key, v, -float.MaxValue, float.MaxValue, whole: false))],
        YamlScalarNode when Text(value) is null => [],
        _ => [(float)Number(key, value, -float.MaxValue, float.MaxValue, whole: false)],
    };

    private double Number(string key, YamlNode value, double least, double most, bool whole)
    {
        bool read = double.TryParse(Text(value), NumberStyles.Float, CultureInfo.InvariantCulture, out double number);
        return read && number >= least && number <= most && (!whole || number == Math.Floor(number))
            ? number
            : throw Wrong(key, value, FormattableString.Invariant($"a {(whole ? "whole " : "")}number from {least} to {most}"));
    }

    private IEnumerable<(string Key, YamlNode Value)> Entries(YamlNode node, string what, string[] known)
    {
        if (node is not YamlMappingNode mapping)
        {
            throw Fault("QuantConfigSyntax", node.Start, $"{what} is a mapping of the keys {string.Join(", ", known)}");
        }

        foreach ((YamlNode key, YamlNode value) in mapping)
        {
            string name = Text(key) ?? "";
            yield return known.Contains(name)
                ? (name, value)
                : throw Fault("QuantConfigKey", key.Start, $"{what} has no key '{name}'; its keys are {string.Join(", ", known)}");
        }
    }

    /// <summary>The text of a scalar; null for YAML's null and for what is no scalar.</summary>
    private static string? Text(YamlNode node) =>
        node is YamlScalarNode { Value: { } text } scalar && (scalar.Style != ScalarStyle.Plain || text is not ("" or "~" or "null" or "Null" or "NULL")) ? text : null;

    private static int Line(Mark mark) => (int)Math.Min(mark.Line, int.MaxValue);

    private IpuException Wrong(string key, YamlNode value, string allowed) =>
        Fault("QuantConfigValue", value.Start, $"'{key}' is '{(value is YamlScalarNode s ? s.Value : value.ToString())}'; it is {allowed}");

    private IpuException Fault(string errorId, Mark mark, string message) =>
        new QuantConfig { Source = _source }.Fault(errorId, Line(mark), message);
}
