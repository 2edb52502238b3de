using System.Collections.Immutable;
using IniParser.Exceptions;
using IniParser.Model;
using IniParser.Parser;

namespace SgsIpu.Engine.Configuration;

/// <summary>Reads <c>input_config.ini</c> and checks every rule that does not need the model. All that is wrong is told; reading goes on.</summary>
internal static class InputConfigReader
{
    /// <summary>Lines that are no lines of a configuration, after which nothing more is to be learnt from the file.</summary>
    private const int MostBadLines = 20;

    /// <returns>The configuration as far as it could be read, and what is wrong with it.</returns>
    public static (InputConfig Config, ConfigSource Source) Read(string text, string file)
    {
        string[] lines = [.. text.TrimStart('\uFEFF').Split('\n').Select(WithoutComment)];
        var source = new ConfigSource(file, lines);
        IniData data = ReadIni(WithoutRepetitions(lines, source), source);
        foreach (SectionData section in data.Sections)
        {
            if (section.SectionName is not ("INPUT_CONFIG" or "OUTPUT_CONFIG" or "CONV_CONFIG"))
            {
                source.Error(section.SectionName, "", "ConfigUnknownSection", $"there is no section [{section.SectionName}]; sections are [INPUT_CONFIG], [OUTPUT_CONFIG] and [CONV_CONFIG]");
            }
        }

        var inputs = new ConfigSection(
            "INPUT_CONFIG", data["INPUT_CONFIG"], source,
            "inputs", "training_input_formats", "input_formats", "quantizations", "mean", "std_value", "input_width_alignment", "input_height_alignment", "input_layouts");
        var outputs = new ConfigSection("OUTPUT_CONFIG", data["OUTPUT_CONFIG"], source, "outputs", "dequantizations", "output_layouts", "output_formats");
        var convolutions = new ConfigSection("CONV_CONFIG", data["CONV_CONFIG"], source, "input_format", "tensor_arrays");
        var config = new InputConfig(InputSectionReader.Read(inputs), OutputSectionReader.Read(outputs))
        {
            ConvolutionFormat = Format(convolutions),
            TensorArrays = [.. convolutions.List("tensor_arrays").Where(t => t.Length > 0)],
            Text = text,
            Source = source,
        };
        return (config, source);
    }

    private static ConvolutionFormat? Format(ConfigSection convolutions)
    {
        ImmutableArray<string> values = convolutions.List("input_format");
        if (values.Length > 1)
        {
            convolutions.Fault("input_format", "ConfigCountMismatch", "'input_format' has one value for all convolutions");
        }

        return values.Length == 1
            ? convolutions.Choice<ConvolutionFormat>(
                "input_format", values[0],
                ("ALL_UINT8", ConvolutionFormat.AllUInt8), ("ALL_INT16", ConvolutionFormat.AllInt16),
                ("CONV2D_INT16", ConvolutionFormat.Conv2DInt16), ("DEPTHWISE_INT16", ConvolutionFormat.DepthwiseInt16))
            : null;
    }

    private static string WithoutComment(string line)
    {
        int comment = line.IndexOf('#', StringComparison.Ordinal);
        return (comment < 0 ? line : line[..comment]).Trim();
    }

    /// <summary>The lines, without sections and keys that stand there a second time, of which it is told.</summary>
    private static string[] WithoutRepetitions(string[] lines, ConfigSource source)
    {
        string[] kept = [.. lines];
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
                source.ErrorAt(i + 1, opens ? "" : what, "ConfigTwice", $"{what} stands in line {seen[opens ? section : $"{section}{what}"] + 1} already");
                kept[i] = "";
            }
        }

        return kept;
    }

    private static IniData ReadIni(string[] lines, ConfigSource source)
    {
        var parser = new IniDataParser();
        parser.Configuration.CaseInsensitive = true;
        for (int bad = 0; bad < MostBadLines; bad++)
        {
            try
            {
                return parser.Parse(string.Join('\n', lines));
            }
            catch (ParsingException e)
            {
                int line = Math.Clamp(e.LineNumber, 1, lines.Length);
                source.ErrorAt(line, "", "ConfigSyntax", $"this is no line of a configuration file: {e.LineValue?.Trim()}");
                if (lines[line - 1].Length == 0)
                {
                    break;
                }

                lines[line - 1] = "";
            }
        }

        return new IniData();
    }
}
