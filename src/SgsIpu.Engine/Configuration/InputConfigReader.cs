using System.Collections.Immutable;
using IniParser.Exceptions;
using IniParser.Model;
using IniParser.Parser;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Configuration;

/// <summary>Reads <c>input_config.ini</c> and checks every rule that does not need the model.</summary>
internal static class InputConfigReader
{
    private const int LongestNames = 2048;

    /// <exception cref="IpuException">A rule is broken; the message names file and line.</exception>
    public static InputConfig Parse(string text, string file)
    {
        string[] lines = [.. text.TrimStart('\uFEFF').Split('\n').Select(WithoutComment)];
        RefuseRepetitions(lines, file);
        IniData data = ReadIni(string.Join('\n', lines), file);
        foreach (SectionData section in data.Sections)
        {
            if (section.SectionName is not ("INPUT_CONFIG" or "OUTPUT_CONFIG" or "CONV_CONFIG"))
            {
                throw new ConfigSection(section.SectionName, null, lines, file)
                    .Fault("", "ConfigUnknownSection", $"there is no section [{section.SectionName}]; sections are [INPUT_CONFIG], [OUTPUT_CONFIG] and [CONV_CONFIG]");
            }
        }

        var inputs = new ConfigSection(
            "INPUT_CONFIG", data["INPUT_CONFIG"], lines, file,
            "inputs", "training_input_formats", "input_formats", "quantizations", "mean", "std_value", "input_width_alignment", "input_height_alignment", "input_layouts");
        var outputs = new ConfigSection("OUTPUT_CONFIG", data["OUTPUT_CONFIG"], lines, file, "outputs", "dequantizations", "output_layouts", "output_formats");
        var convolutions = new ConfigSection("CONV_CONFIG", data["CONV_CONFIG"], lines, file, "input_format", "tensor_arrays");
        return new InputConfig(Inputs(inputs), Outputs(outputs))
        {
            ConvolutionFormat = convolutions.List("input_format") switch
            {
                [] => null,
                [var one] => convolutions.Choice<ConvolutionFormat>(
                    "input_format", one,
                    ("ALL_UINT8", ConvolutionFormat.AllUInt8), ("ALL_INT16", ConvolutionFormat.AllInt16),
                    ("CONV2D_INT16", ConvolutionFormat.Conv2DInt16), ("DEPTHWISE_INT16", ConvolutionFormat.DepthwiseInt16)),
                _ => throw convolutions.Fault("input_format", "ConfigCountMismatch", "'input_format' has one value for all convolutions"),
            },
            TensorArrays = convolutions.List("tensor_arrays"),
            Text = text,
        };
    }

    private static string WithoutComment(string line)
    {
        int comment = line.IndexOf('#', StringComparison.Ordinal);
        return (comment < 0 ? line : line[..comment]).Trim();
    }

    private static void RefuseRepetitions(string[] lines, string file)
    {
        var seen = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        string section = "";
        for (int i = 0; i < lines.Length; i++)
        {
            int equals = lines[i].IndexOf('=', StringComparison.Ordinal);
            bool opens = lines[i].StartsWith('[');
            if (lines[i].StartsWith(';') || (!opens && equals < 0))
            {
                continue;
            }

            section = opens ? lines[i] : section;
            string what = opens ? lines[i] : lines[i][..equals].TrimEnd();
            if (!seen.TryAdd(opens ? section : $"{section}{what}", i))
            {
                throw new IpuException("ConfigTwice", $"{file}({i + 1}): {what} stands in line {seen[opens ? section : $"{section}{what}"] + 1} already", IpuErrorKind.InvalidArgument) { Target = file };
            }
        }
    }

    private static IniData ReadIni(string text, string file)
    {
        var parser = new IniDataParser();
        parser.Configuration.CaseInsensitive = true;
        try
        {
            return parser.Parse(text);
        }
        catch (ParsingException e)
        {
            throw new IpuException("ConfigSyntax", $"{file}({Math.Max(e.LineNumber, 1)}): this is no line of a configuration file: {e.LineValue?.Trim()}", IpuErrorKind.InvalidArgument, e) { Target = file };
        }
    }

    private static ImmutableArray<InputSetting> Inputs(ConfigSection section)
    {
        ImmutableArray<string> names = Names(section, "inputs");
        ImmutableArray<string> formats = section.Required("input_formats");
        _ = section.List("input_formats", names.Length, "inputs");
        ImmutableArray<string> training = section.List("training_input_formats", names.Length, "inputs");
        ImmutableArray<string> quantizations = section.List("quantizations", names.Length, "inputs");
        ImmutableArray<string> widths = section.List("input_width_alignment", names.Length, "inputs");
        ImmutableArray<string> heights = section.List("input_height_alignment", names.Length, "inputs");
        ImmutableArray<string> layouts = section.List("input_layouts", names.Length, "inputs");
        var settings = new List<InputSetting>();
        for (int i = 0; i < names.Length; i++)
        {
            ImageFormat format = Format(section, "input_formats", formats[i], ImageFormat.RGB);
            ImageFormat trained = training.IsEmpty ? Trained(section, format) : Format(section, "training_input_formats", training[i], ImageFormat.RGB);
            CheckPair(section, names[i], trained, format);
            int alignment = format == ImageFormat.YUV_NV12 ? 2 : 1;
            bool first = !layouts.IsEmpty && FirstLayout(section, "input_layouts", layouts[i]);
            if (first && format is ImageFormat.RGBA or ImageFormat.BGRA)
            {
                throw section.Fault("input_layouts", "ConfigLayout", $"input '{names[i]}' is {format}, which has no layout NCHW");
            }

            settings.Add(new InputSetting(names[i], trained, format)
            {
                Quantize = quantizations.IsEmpty || section.Boolean("quantizations", quantizations[i]),
                WidthAlignment = Alignment(section, "input_width_alignment", widths, i, alignment),
                HeightAlignment = Alignment(section, "input_height_alignment", heights, i, alignment),
                ChannelsFirst = first,
            });
        }

        int images = settings.TakeWhile(s => s.IsImage).Count();
        if (settings.Skip(images).FirstOrDefault(s => s.IsImage) is { } misplaced)
        {
            throw section.Fault("inputs", "ConfigRawDataLast", $"raw data inputs stand last: move '{misplaced.Name}' before '{settings[images].Name}' in every list");
        }

        return Normalized(section, settings, images);
    }

    /// <summary>Adds means and deviations, which only images have.</summary>
    private static ImmutableArray<InputSetting> Normalized(ConfigSection section, List<InputSetting> settings, int images)
    {
        ImmutableArray<string> means = section.List("mean");
        ImmutableArray<string> deviations = section.List("std_value");
        foreach ((string key, ImmutableArray<string> values) in new[] { ("mean", means), ("std_value", deviations) })
        {
            if (values.IsEmpty && images > 0)
            {
                throw section.Fault(key, "ConfigKeyMissing", $"[INPUT_CONFIG] needs the key '{key}' for images; where nothing is normalized it is {(key == "mean" ? 0 : 1)}");
            }

            if (values.Length != images)
            {
                throw section.Fault(key, "ConfigCountMismatch", $"'{key}' has {values.Length} groups for {images} images: one for each image, none for raw data");
            }
        }

        for (int i = 0; i < images; i++)
        {
            int channels = settings[i].TrainingFormat == ImageFormat.GRAY ? 1 : 3;
            settings[i] = settings[i] with
            {
                Mean = Group(section, "mean", means[i], channels, settings[i].Name),
                Std = Group(section, "std_value", deviations[i], channels, settings[i].Name),
            };
            if (settings[i].Std.Any(s => s <= 0))
            {
                throw section.Fault("std_value", "ConfigDeviation", $"'std_value' of input '{settings[i].Name}' divides, so that it is greater than 0");
            }
        }

        return [.. settings];
    }

    private static ImmutableArray<OutputSetting> Outputs(ConfigSection section)
    {
        ImmutableArray<string> names = Names(section, "outputs");
        ImmutableArray<string> dequantizations = section.Required("dequantizations");
        _ = section.List("dequantizations", names.Length, "outputs");
        ImmutableArray<string> layouts = section.List("output_layouts", names.Length, "outputs");
        ImmutableArray<string> formats = section.List("output_formats", names.Length, "outputs");
        var settings = new List<OutputSetting>();
        for (int i = 0; i < names.Length; i++)
        {
            bool real = section.Boolean("dequantizations", dequantizations[i]);
            ImageFormat format = formats.IsEmpty
                ? real ? ImageFormat.RAWDATA_F32_NHWC : ImageFormat.RAWDATA_S16_NHWC
                : section.Choice<ImageFormat>(
                    "output_formats", formats[i],
                    ("RAWDATA_F32_NHWC", ImageFormat.RAWDATA_F32_NHWC), ("RAWDATA_S16_NHWC", ImageFormat.RAWDATA_S16_NHWC), ("RAWDATA_U8_NHWC", ImageFormat.RAWDATA_U8_NHWC));
            if (format == ImageFormat.RAWDATA_F32_NHWC && !real)
            {
                throw section.Fault("output_formats", "ConfigOutputFormat", $"output '{names[i]}' is RAWDATA_F32_NHWC, which needs dequantizations=TRUE");
            }

            settings.Add(new OutputSetting(names[i], real, format) { ChannelsFirst = !layouts.IsEmpty && FirstLayout(section, "output_layouts", layouts[i]) });
        }

        return [.. settings];
    }

    private static ImmutableArray<string> Names(ConfigSection section, string key)
    {
        ImmutableArray<string> names = section.Required(key);
        if (names.Sum(n => n.Length) > LongestNames)
        {
            throw section.Fault(key, "ConfigNameLength", $"the names of '{key}' have more than {LongestNames} characters");
        }

        return names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? throw section.Fault(key, "ConfigNameTwice", $"'{key}' names '{twice.Key}' twice")
            : names;
    }

    private static ImageFormat Format(ConfigSection section, string key, string value, ImageFormat least) =>
        section.Choice<ImageFormat>(key, value, [.. Enum.GetValues<ImageFormat>().Where(f => f >= least && Allowed(key, f)).Select(f => (f.ToString(), f))]);

    /// <summary>A network is trained on colours or grey, not on what a camera delivers.</summary>
    private static bool Allowed(string key, ImageFormat format) =>
        key == "input_formats" || format is not (ImageFormat.RGBA or ImageFormat.BGRA or ImageFormat.YUV_NV12);

    private static ImageFormat Trained(ConfigSection section, ImageFormat format) => format switch
    {
        ImageFormat.RGBA => ImageFormat.RGB,
        ImageFormat.BGRA => ImageFormat.BGR,
        ImageFormat.YUV_NV12 => throw section.Fault("training_input_formats", "ConfigKeyMissing", "[INPUT_CONFIG] needs the key 'training_input_formats' for YUV_NV12: RGB, BGR or GRAY"),
        _ => format,
    };

    private static void CheckPair(ConfigSection section, string name, ImageFormat trained, ImageFormat format)
    {
        bool fits = trained switch
        {
            ImageFormat.RGB or ImageFormat.BGR => format is ImageFormat.RGB or ImageFormat.BGR or ImageFormat.RGBA or ImageFormat.BGRA or ImageFormat.YUV_NV12,
            ImageFormat.GRAY => format is ImageFormat.GRAY or ImageFormat.YUV_NV12,
            _ => format >= ImageFormat.RAWDATA_U8_NHWC,
        };
        if (!fits)
        {
            throw section.Fault("input_formats", "ConfigFormatPair", $"input '{name}': a network trained on {trained} takes no {format}");
        }
    }

    private static int Alignment(ConfigSection section, string key, ImmutableArray<string> values, int index, int least)
    {
        int alignment = values.IsEmpty ? least : section.Alignment(key, values[index]);
        return alignment % least == 0
            ? alignment
            : throw section.Fault(key, "ConfigAlignment", $"'{key}' is {alignment}; the rows and columns of YUV_NV12 come in pairs");
    }

    private static bool FirstLayout(ConfigSection section, string key, string value) => section.Choice(key, value, ("NCHW", true), ("NHWC", false));

    private static ImmutableArray<float> Group(ConfigSection section, string key, string value, int channels, string input)
    {
        ImmutableArray<float> numbers = [.. value.Split(':').Select(v => section.Number(key, v.Trim()))];
        return numbers.Length == 1 || numbers.Length == channels
            ? numbers
            : throw section.Fault(key, "ConfigMeanCount", $"'{key}' of input '{input}' has {numbers.Length} values; it has 1 or {channels}, separated by ':'");
    }
}
