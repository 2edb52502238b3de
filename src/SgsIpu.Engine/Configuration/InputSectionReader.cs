using System.Collections.Immutable;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Configuration;

/// <summary>Reads <c>[INPUT_CONFIG]</c>.</summary>
internal static class InputSectionReader
{
    public static ImmutableArray<InputSetting> Read(ConfigSection section)
    {
        ImmutableArray<string> names = ConfigNames.Read(section, "inputs");
        ImmutableArray<string> formats = section.Required("input_formats");
        if (names.IsEmpty)
        {
            return [];
        }

        formats = section.Matching("input_formats", formats, names.Length, "inputs");
        ImmutableArray<string> training = section.Matching("training_input_formats", names.Length, "inputs");
        ImmutableArray<string> quantizations = section.Matching("quantizations", names.Length, "inputs");
        ImmutableArray<string> widths = section.Matching("input_width_alignment", names.Length, "inputs");
        ImmutableArray<string> heights = section.Matching("input_height_alignment", names.Length, "inputs");
        ImmutableArray<string> layouts = section.Matching("input_layouts", names.Length, "inputs");
        if (formats.IsEmpty)
        {
            return [];
        }

        var settings = new List<InputSetting>();
        bool known = true;
        for (int i = 0; i < names.Length; i++)
        {
            ImageFormat? format = Format(section, "input_formats", formats[i]);
            ImageFormat? trained = !training.IsEmpty ? Format(section, "training_input_formats", training[i]) : format is { } board ? Trained(section, names[i], board) : null;
            known &= format is not null && trained is not null;
            if (format is { } f && trained is { } t)
            {
                CheckPair(section, names[i], t, f);
            }

            bool first = ConfigNames.ChannelsFirst(section, "input_layouts", layouts, i);
            if (first && format is ImageFormat.RGBA or ImageFormat.BGRA)
            {
                section.Fault("input_layouts", "ConfigLayout", $"input '{names[i]}' is {format}, which has no layout NCHW");
            }

            settings.Add(new InputSetting(names[i], trained ?? ImageFormat.RGB, format ?? ImageFormat.RGB)
            {
                Quantize = quantizations.IsEmpty || section.Boolean("quantizations", quantizations[i]) != false,
                WidthAlignment = Alignment(section, "input_width_alignment", widths, i, names[i], format),
                HeightAlignment = Alignment(section, "input_height_alignment", heights, i, names[i], format),
                ChannelsFirst = first,
            });
        }

        return known ? Normalized(section, settings) : [.. settings];
    }

    /// <summary>Adds means and deviations, which only images have.</summary>
    private static ImmutableArray<InputSetting> Normalized(ConfigSection section, List<InputSetting> settings)
    {
        int images = settings.Count(s => s.IsImage);
        int leading = settings.TakeWhile(s => s.IsImage).Count();
        if (leading < images)
        {
            InputSetting misplaced = settings.Skip(leading).First(s => s.IsImage);
            section.Fault("inputs", "ConfigRawDataLast", $"raw data inputs stand last: move '{misplaced.Name}' before '{settings[leading].Name}' in every list");
            return [.. settings];
        }

        ImmutableArray<string> means = Groups(section, "mean", images);
        ImmutableArray<string> deviations = Groups(section, "std_value", images);
        for (int i = 0; i < images; i++)
        {
            int channels = settings[i].TrainingFormat == ImageFormat.GRAY ? 1 : 3;
            ImmutableArray<float> mean = means.IsEmpty ? [0] : Group(section, "mean", means[i], channels, settings[i].Name);
            ImmutableArray<float> deviation = deviations.IsEmpty ? [1] : Group(section, "std_value", deviations[i], channels, settings[i].Name);

            // The guide writes 0 for both where nothing is normalized.
            if (!means.IsEmpty && deviation.All(s => s == 0) && mean.All(m => m == 0))
            {
                deviation = [1];
            }

            if (deviation.Any(s => s <= 0))
            {
                section.Fault("std_value", "ConfigDeviation", $"'std_value' of input '{settings[i].Name}' divides, so that it is greater than 0");
                deviation = [1];
            }

            settings[i] = settings[i] with { Mean = mean, Std = deviation };
        }

        return [.. settings];
    }

    /// <summary>The values of one key by image; empty where there are none or they do not match.</summary>
    private static ImmutableArray<string> Groups(ConfigSection section, string key, int images)
    {
        ImmutableArray<string> values = section.List(key);
        if (values.IsEmpty && images > 0)
        {
            section.Fault(key, "ConfigKeyMissing", $"[INPUT_CONFIG] needs the key '{key}' for images; where nothing is normalized it is {(key == "mean" ? 0 : 1)}");
        }
        else if (values.Length != images)
        {
            section.Fault(key, "ConfigCountMismatch", $"'{key}' has {values.Length} groups for {images} images: one for each image, none for raw data");
            return [];
        }

        return values;
    }

    private static ImmutableArray<float> Group(ConfigSection section, string key, string value, int channels, string input)
    {
        float?[] numbers = [.. value.Split(':').Select(v => section.Number(key, v.Trim()))];
        float absent = key == "mean" ? 0 : 1;
        if (numbers.Length == 1 || numbers.Length == channels)
        {
            return [.. numbers.Select(n => n ?? absent)];
        }

        section.Fault(key, "ConfigMeanCount", $"'{key}' of input '{input}' has {numbers.Length} values; it has {(channels == 1 ? "1, as a grey image has one channel" : $"1 or {channels}, separated by ':'")}");
        return [absent];
    }

    private static ImageFormat? Format(ConfigSection section, string key, string value) =>
        section.Choice<ImageFormat>(key, value, [.. Enum.GetValues<ImageFormat>().Where(f => Allowed(key, f)).Select(f => (f.ToString(), f))]);

    /// <summary>A network is trained on colours or grey, not on what a camera delivers.</summary>
    private static bool Allowed(string key, ImageFormat format) =>
        key == "input_formats" || format is not (ImageFormat.RGBA or ImageFormat.BGRA or ImageFormat.YUV_NV12);

    private static ImageFormat? Trained(ConfigSection section, string name, ImageFormat format)
    {
        if (format == ImageFormat.YUV_NV12)
        {
            section.Fault("training_input_formats", "ConfigKeyMissing", $"[INPUT_CONFIG] needs the key 'training_input_formats' for input '{name}' of YUV_NV12: RGB, BGR or GRAY");
            return null;
        }

        return format switch { ImageFormat.RGBA => ImageFormat.RGB, ImageFormat.BGRA => ImageFormat.BGR, _ => format };
    }

    private static void CheckPair(ConfigSection section, string name, ImageFormat trained, ImageFormat format)
    {
        bool fits = trained switch
        {
            ImageFormat.RGB or ImageFormat.BGR => format is ImageFormat.RGB or ImageFormat.BGR or ImageFormat.RGBA or ImageFormat.BGRA or ImageFormat.YUV_NV12,
            ImageFormat.GRAY => format is ImageFormat.GRAY or ImageFormat.YUV_NV12,
            ImageFormat.RAWDATA_U16_NHWC => format is ImageFormat.RAWDATA_U16_NHWC,
            _ => format >= ImageFormat.RAWDATA_U8_NHWC,
        };
        if (!fits)
        {
            section.Fault("input_formats", "ConfigFormatPair", $"input '{name}': a network trained on {trained} takes no {format}");
        }
    }

    private static int Alignment(ConfigSection section, string key, ImmutableArray<string> values, int index, string name, ImageFormat? format)
    {
        int usual = format == ImageFormat.YUV_NV12 ? 2 : 1;
        int? given = values.IsEmpty ? null : section.Alignment(key, values[index]);
        if (given is not { } alignment)
        {
            return usual;
        }

        if (format == ImageFormat.YUV_NV12 && alignment % 2 != 0)
        {
            section.Fault(key, "ConfigAlignment", $"'{key}' is {alignment}; the rows and columns of YUV_NV12 come in pairs");
            return usual;
        }

        if (format >= ImageFormat.RAWDATA_U8_NHWC && alignment != 1)
        {
            section.Fault(key, "ConfigRawAlignment", $"'{key}' of input '{name}' is {alignment}; raw data are not aligned, write 1");
            return usual;
        }

        return alignment;
    }
}
