using System.Collections.Immutable;

namespace SgsIpu.Engine.Compilation;

/// <summary>The <c>model</c> section of an image.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Source">Name of the file that the model came from, without its folder.</param>
internal sealed record ImageHeader(
    string ToolVersion,
    string Name,
    string Soc,
    string Source,
    ImmutableArray<int> Batch,
    BatchMode BatchMode,
    ModelCategory Category,
    ImageSizes Sizes);
