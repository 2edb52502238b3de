using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Engine;

/// <summary>What to import and how.</summary>
/// <param name="Path">The model file.</param>
public sealed record ImportOptions(string Path)
{
    /// <summary>The framework; by extension and content where null.</summary>
    public Framework? Framework { get; init; }

    /// <summary>Caffe's weights; beside the prototxt where null.</summary>
    public string? WeightFile { get; init; }

    /// <summary>The <c>input_config.ini</c>; without one the model can be run in float and calibrated on raw values only.</summary>
    public string? InputConfigPath { get; init; }

    /// <summary>Shapes of inputs by name, in the framework's dimension order.</summary>
    public IReadOnlyDictionary<string, ImmutableArray<int>> InputShapes { get; init; } = ImmutableDictionary<string, ImmutableArray<int>>.Empty;

    /// <summary>Shapes of all inputs in their order, in place of <see cref="InputShapes"/>; empty for none.</summary>
    public ImmutableArray<ImmutableArray<int>> InputShapeList { get; init; } = [];

    /// <summary>Leaves the graph as the file has it, apart from what shape inference needs.</summary>
    public bool SkipSimplify { get; init; }

    public string SocVersion { get; init; } = SocProfile.Default.Name;

    /// <summary>Tensors that become the inputs of the model; empty for the file's own.</summary>
    public ImmutableArray<string> InputNames { get; init; } = [];

    /// <summary>Tensors that become the outputs of the model; empty for the file's own.</summary>
    public ImmutableArray<string> OutputNames { get; init; } = [];
}
