using System.Collections.Immutable;
using System.Text;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Configuration;

/// <summary>Writes an <c>input_config.ini</c> for a float model: what its channels tell is filled in, and comments say what to look at.</summary>
public static class InputConfigTemplate
{
    /// <summary>The text, which is right for the model.</summary>
    /// <exception cref="IpuException">The model is no float one (id <c>WrongStage</c>), a choice has the wrong number of values (<c>ConfigChoice</c>),
    /// or breaks a rule (the rule's own id).</exception>
    public static string Write(IpuModel model, InputConfigChoice choice)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(choice);
        if (model.Stage != IpuStage.Float)
        {
            throw new IpuException("WrongStage", $"'{model.Name}' is a {model.Stage} model, which holds its configuration; a float one can be given another", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        Entry[] entries = [.. model.Inputs.Select((spec, i) => Guess(model, spec, i, choice))];
        Entry[] ordered = [.. entries.Where(e => e.IsImage), .. entries.Where(e => !e.IsImage)];
        int images = entries.Count(e => e.IsImage);
        var text = new StringBuilder();
        text.Append("# Input configuration of ").Append(model.Name).Append('\n').Append("# Lists have one value for each name, separated by commas without spaces.\n\n[INPUT_CONFIG]\n");
        foreach (Entry e in ordered)
        {
            text.Append("# ").Append(e.Spec).Append('\n');
        }

        Line("inputs", ordered.Select(e => e.Spec.Name), images > 0 && images < ordered.Length ? "images first, raw data last" : "");
        Line("training_input_formats", ordered.Select(e => e.Training), "what the network was trained on");
        Line("input_formats", ordered.Select(e => e.Format), "what the board hands over");
        Line("quantizations", ordered.Select(_ => "TRUE"), "");
        if (images > 0)
        {
            Line("mean", Groups(choice.Means, images, "0", "-Mean"), choice.Means.IsEmpty ? "LOOK HERE: as in training, red:green:blue; 0 where nothing is subtracted" : "red:green:blue, whatever the training format");
            Line("std_value", Groups(choice.Deviations, images, "1", "-StdValue"), choice.Deviations.IsEmpty ? "LOOK HERE: (pixel - mean) / std_value is what the network was trained on" : "(pixel - mean) / std_value is what the network takes");
            string alignments = string.Join(',', ordered.Select(e => e.Format == nameof(ImageFormat.YUV_NV12) ? "2" : "1"));
            text.Append($"# input_width_alignment={alignments};   # rows of the board's buffer are a multiple of this\n# input_height_alignment={alignments};\n");
        }

        if (ordered.Any(e => e.Spec.Shape.Rank == 4))
        {
            text.Append($"# input_layouts={string.Join(',', ordered.Select(_ => "NHWC"))};   # or NCHW, for inputs of 4 dimensions\n");
        }

        bool real = choice.OutputFormat == nameof(ImageFormat.RAWDATA_F32_NHWC);
        text.Append("\n[OUTPUT_CONFIG]\n");
        foreach (TensorSpec output in model.Outputs)
        {
            text.Append("# ").Append(output).Append('\n');
        }

        Line("outputs", model.Graph.Outputs, "");
        Line("dequantizations", model.Graph.Outputs.Select(_ => real ? "TRUE" : "FALSE"), real ? "FALSE hands over INT16" : "TRUE hands over real numbers");
        if (!real)
        {
            Line("output_formats", model.Graph.Outputs.Select(_ => choice.OutputFormat), "");
        }

        text.Append("\n[CONV_CONFIG]\n# input_format=ALL_INT16;   # ALL_UINT8, ALL_INT16, CONV2D_INT16 or DEPTHWISE_INT16 for all convolutions, in place of what the calibrator chooses\n"
            + "# tensor_arrays=;          # first inputs of convolutions that are to take INT16\n");
        InputConfig.Parse(text.ToString(), "the configuration to be written").Check(model.Graph);
        return text.ToString();

        void Line(string key, IEnumerable<string> values, string comment) =>
            text.Append(key).Append('=').AppendJoin(',', values).Append(';').Append(comment.Length > 0 ? $"   # {comment}" : "").Append('\n');
    }

    private static Entry Guess(IpuModel model, TensorSpec spec, int index, InputConfigChoice choice)
    {
        int count = model.Inputs.Length;
        string guess = spec.Type != DataType.Float32 ? Exact(spec)
            : spec.Shape.Rank == 4 && spec.Shape[3] == 3 ? nameof(ImageFormat.RGB)
            : spec.Shape.Rank == 4 && spec.Shape[3] == 1 ? nameof(ImageFormat.GRAY)
            : nameof(ImageFormat.RAWDATA_F32_NHWC);
        bool image = guess is nameof(ImageFormat.RGB) or nameof(ImageFormat.GRAY);
        string format = Chosen(choice.InputFormats, "-InputFormat", image, index, count) ?? "";
        string training = Chosen(choice.TrainingFormats, "-TrainingFormat", image, index, count) ?? (format.StartsWith("RAW", StringComparison.OrdinalIgnoreCase) ? format : guess);
        return new Entry(spec, training, format.Length > 0 ? format : training);
    }

    /// <summary>Indices of a large table need all 16 bits.</summary>
    private static string Exact(TensorSpec spec) => spec.Type is DataType.Bool or DataType.UInt8 ? nameof(ImageFormat.RAWDATA_U8_NHWC) : nameof(ImageFormat.RAWDATA_S16_NHWC);

    private static string? Chosen(ImmutableArray<string> values, string what, bool image, int index, int count) => values.Length switch
    {
        0 => null,
        1 when count > 1 => image ? values[0] : null,
        _ when values.Length == count => values[index],
        _ => throw new IpuException("ConfigChoice", $"{what} has {values.Length} values for {count} inputs: give one for all images, or one for each input", IpuErrorKind.InvalidArgument),
    };

    private static IEnumerable<string> Groups(ImmutableArray<string> values, int images, string absent, string what)
    {
        bool numbers = values.Length is 1 or 3 && !values.Any(v => v.Contains(':', StringComparison.Ordinal));
        return values.IsEmpty ? Enumerable.Repeat(absent, images)
            : numbers && values.Length != images ? Enumerable.Repeat(string.Join(':', values), images)
            : values.Length == images ? values
            : values.Length == 1 ? Enumerable.Repeat(values[0], images)
            : throw new IpuException("ConfigChoice", $"{what} has {values.Length} values for {images} images: give numbers for all, or a text for each", IpuErrorKind.InvalidArgument);
    }

    private sealed record Entry(TensorSpec Spec, string Training, string Format)
    {
        public bool IsImage => !Format.StartsWith("RAW", StringComparison.OrdinalIgnoreCase);
    }
}
