using System.Collections.Immutable;

namespace SgsIpu.Engine.Configuration;

/// <summary>What <c>input_config.ini</c> says: the border of a model, and how its convolutions are quantized.</summary>
/// <param name="Inputs">In the order of the file: raw data last.</param>
public sealed record InputConfig(ImmutableArray<InputSetting> Inputs, ImmutableArray<OutputSetting> Outputs)
{
    /// <summary>How all convolutions are quantized; null leaves it to the calibrator.</summary>
    public ConvolutionFormat? ConvolutionFormat { get; init; }

    /// <summary>First inputs of the convolutions that take INT16.</summary>
    public ImmutableArray<string> TensorArrays { get; init; } = [];

    /// <summary>The text that was read, for model files.</summary>
    public string Text { get; init; } = "";
}
