using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Files;

namespace SgsIpu.Engine.Configuration;

/// <summary>What <c>input_config.ini</c> says: the border of a model, and how its convolutions are quantized.</summary>
/// <param name="Inputs">In the order of the file: raw data last.</param>
public sealed record InputConfig(ImmutableArray<InputSetting> Inputs, ImmutableArray<OutputSetting> Outputs)
{
    private const long LargestFile = 1 << 20;

    /// <summary>How all convolutions are quantized; null leaves it to the calibrator.</summary>
    public ConvolutionFormat? ConvolutionFormat { get; init; }

    /// <summary>First inputs of the convolutions that take INT16.</summary>
    public ImmutableArray<string> TensorArrays { get; init; } = [];

    /// <summary>The text that was read, for model files.</summary>
    public string Text { get; init; } = "";

    /// <summary>Reads a file.</summary>
    /// <exception cref="IpuException">There is no such file, or a rule is broken; the message names file and line.</exception>
    public static InputConfig Read(string path) => Parse(System.Text.Encoding.UTF8.GetString(InputFile.Read(path, LargestFile)), path);

    /// <summary>Reads the text of a file.</summary>
    /// <param name="name">For messages.</param>
    public static InputConfig Parse(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        return InputConfigReader.Parse(text, name);
    }

    /// <summary>Checks that the inputs and outputs are those of a model.</summary>
    /// <exception cref="IpuException">A name is missing or unknown (ids <c>ConfigInputs</c>, <c>ConfigOutputs</c>), or an image does not fit
    /// its input (<c>ConfigInputShape</c>).</exception>
    public void Check(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        CheckNames("inputs", "ConfigInputs", [.. Inputs.Select(i => i.Name)], graph.Inputs, graph.Name);
        CheckNames("outputs", "ConfigOutputs", [.. Outputs.Select(o => o.Name)], graph.Outputs, graph.Name);
        foreach (InputSetting input in Inputs.Where(i => i.IsImage))
        {
            TensorSpec spec = graph[input.Name];
            int channels = input.TrainingFormat == Ops.ImageFormat.GRAY ? 1 : 3;
            if (spec.Shape.Rank != 4 || spec.Shape[3] != channels)
            {
                throw new IpuException(
                    "ConfigInputShape",
                    $"input '{input.Name}' of model '{graph.Name}' is {spec.Shape}; a {input.TrainingFormat} image is [batch, height, width, {channels}]",
                    IpuErrorKind.InvalidArgument) { Target = input.Name };
            }
        }
    }

    private static void CheckNames(string key, string errorId, string[] given, ImmutableArray<string> model, string name)
    {
        string? unknown = given.Except(model).FirstOrDefault();
        string? missing = model.Except(given).FirstOrDefault();
        if ((unknown ?? missing) is not null)
        {
            string fault = unknown is not null ? $"names '{unknown}', which the model does not have" : $"does not name '{missing}'";
            throw new IpuException(errorId, $"'{key}' of the input configuration {fault}; model '{name}' has {string.Join(", ", model)}", IpuErrorKind.InvalidArgument) { Target = name };
        }
    }
}
