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

    /// <summary>The lines that it was read from; null where it was made otherwise.</summary>
    internal ConfigSource? Source { get; init; }

    /// <summary>What is said of an input; null where nothing is.</summary>
    internal InputSetting? Input(string name) => Inputs.FirstOrDefault(i => i.Name == name);

    /// <summary>What is said of an output; null where nothing is.</summary>
    internal OutputSetting? Output(string name) => Outputs.FirstOrDefault(o => o.Name == name);

    /// <summary>Reads a file.</summary>
    /// <exception cref="IpuException">There is no such file, or a rule is broken; the message names file and line.</exception>
    public static InputConfig Read(string path) => Parse(ReadText(path), path);

    /// <summary>Reads the text of a file.</summary>
    /// <param name="name">For messages.</param>
    /// <exception cref="IpuException">A rule is broken; the message names file and line of the first.</exception>
    public static InputConfig Parse(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        (InputConfig config, ConfigSource source) = InputConfigReader.Read(text, name);
        source.ThrowFirst();
        return config;
    }

    /// <summary>Everything that is wrong with a file, and with it for a model.</summary>
    /// <param name="model">A float model; null checks what does not need one.</param>
    /// <exception cref="IpuException">There is no such file.</exception>
    public static ImmutableArray<ConfigProblem> Examine(string path, IpuModel? model)
    {
        (InputConfig config, ConfigSource source) = InputConfigReader.Read(ReadText(path), path);
        if (model is not null && !config.Inputs.IsEmpty && !config.Outputs.IsEmpty)
        {
            ModelRules.Check(config, model.Graph, source);
        }

        return [.. source.Problems.OrderBy(p => p.Line)];
    }

    /// <summary>Checks what the configuration says of a float graph.</summary>
    /// <exception cref="IpuException">A rule of <see cref="ModelRules"/> is broken; the message names file and line of the first.</exception>
    public void Check(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);

        // Each check tells of its own: the lines are shared, the problems are not.
        ConfigSource source = Source?.Afresh() ?? new ConfigSource("input configuration", [""]);
        ModelRules.Check(this, graph, source);
        source.ThrowFirst();
    }

    private static string ReadText(string path) => System.Text.Encoding.UTF8.GetString(InputFile.Read(path, LargestFile));
}
