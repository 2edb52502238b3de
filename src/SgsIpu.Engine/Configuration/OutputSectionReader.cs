using System.Collections.Immutable;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Configuration;

/// <summary>Reads <c>[OUTPUT_CONFIG]</c>.</summary>
internal static class OutputSectionReader
{
    public static ImmutableArray<OutputSetting> Read(ConfigSection section)
    {
        ImmutableArray<string> names = ConfigNames.Read(section, "outputs");
        if (names.IsEmpty)
        {
            return [];
        }

        ImmutableArray<string> dequantizations = section.Matching("dequantizations", section.Required("dequantizations"), names.Length, "outputs");
        ImmutableArray<string> layouts = section.Matching("output_layouts", names.Length, "outputs");
        ImmutableArray<string> formats = section.Matching("output_formats", names.Length, "outputs");
        return [.. names.Select((name, i) =>
        {
            bool real = dequantizations.IsEmpty || section.Boolean("dequantizations", dequantizations[i]) != false;
            return new OutputSetting(name, real, Format(section, name, formats.IsEmpty ? null : formats[i], real))
            {
                ChannelsFirst = ConfigNames.ChannelsFirst(section, "output_layouts", layouts, i),
            };
        })];
    }

    private static ImageFormat Format(ConfigSection section, string name, string? value, bool real)
    {
        ImageFormat usual = real ? ImageFormat.RAWDATA_F32_NHWC : ImageFormat.RAWDATA_S16_NHWC;
        if (value is null)
        {
            return usual;
        }

        ImageFormat? format = section.Choice<ImageFormat>(
            "output_formats", value,
            ("RAWDATA_F32_NHWC", ImageFormat.RAWDATA_F32_NHWC), ("RAWDATA_S16_NHWC", ImageFormat.RAWDATA_S16_NHWC), ("RAWDATA_U8_NHWC", ImageFormat.RAWDATA_U8_NHWC));
        if (format == ImageFormat.RAWDATA_F32_NHWC && !real)
        {
            section.Fault("output_formats", "ConfigOutputFormat", $"output '{name}' is RAWDATA_F32_NHWC, which needs dequantizations=TRUE");
        }

        return format ?? usual;
    }
}
