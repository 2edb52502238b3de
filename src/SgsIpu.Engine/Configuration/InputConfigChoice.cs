using System.Collections.Immutable;

namespace SgsIpu.Engine.Configuration;

/// <summary>What a user says of a configuration to be written; what is empty is guessed from the model.</summary>
public sealed record InputConfigChoice
{
    /// <summary>One for all images, or one for each input.</summary>
    public ImmutableArray<string> TrainingFormats { get; init; } = [];

    /// <summary>One for all images, or one for each input.</summary>
    public ImmutableArray<string> InputFormats { get; init; } = [];

    /// <summary>Numbers for all images, or a group for each image.</summary>
    public ImmutableArray<string> Means { get; init; } = [];

    /// <summary>Numbers for all images, or a group for each image.</summary>
    public ImmutableArray<string> Deviations { get; init; } = [];

    public string OutputFormat { get; init; } = "RAWDATA_F32_NHWC";
}
