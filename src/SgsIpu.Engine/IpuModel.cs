using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Compilation;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Quantization;

namespace SgsIpu.Engine;

/// <summary>A model at one stage. Immutable: every command that changes a model makes a new one.</summary>
/// <param name="Name">The file's name without extension.</param>
/// <param name="Graph">The nodes and tensors; of an offline model, those that its image was made from.</param>
public sealed record IpuModel(string Name, IpuStage Stage, Graph Graph)
{
    /// <summary>The chip that the model is made for; see <see cref="SocProfile"/>.</summary>
    public string SocVersion { get; init; } = SocProfile.Default.Name;

    /// <summary>The file that the model was imported from.</summary>
    public string SourcePath { get; init; } = "";

    /// <summary>The border of the model; null where none was given.</summary>
    public InputConfig? InputConfig { get; init; }

    /// <summary>What the compiler decided; null for a model that is not offline.</summary>
    public OfflineImage? Image { get; init; }

    /// <summary>What is asked of the quantization of tensors, by their names in the float model. Calibration honours it.</summary>
    public ImmutableArray<GivenQuantization> Given { get; init; } = [];

    /// <summary>What calibration decided; null for a model that was not calibrated here.</summary>
    public CalibrationReport? Report { get; init; }

    /// <summary>What a fixed model was made from, to make it again with other wishes; null for one that was read from a file.</summary>
    internal CalibrationState? Calibration { get; init; }

    /// <summary>What the import left out or took otherwise than the file says, one sentence each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    public ImmutableArray<TensorSpec> Inputs => [.. Graph.Inputs.Select(i => Graph[i])];

    public ImmutableArray<TensorSpec> Outputs => [.. Graph.Outputs.Select(o => Graph[o])];

    public ImmutableArray<Node> Nodes => Graph.Nodes;

    public IEnumerable<TensorSpec> Tensors => Graph.Tensors.Values;

    public override string ToString() => $"{Name} ({Stage})";
}
