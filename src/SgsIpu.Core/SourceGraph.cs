using System.Collections.Immutable;

namespace SgsIpu.Core;

/// <summary>A decoded model file: nodes in execution order, constants by name. Frontends make it; operators lift its nodes to IR.</summary>
public sealed record SourceGraph(
    string Name,
    Framework Framework,
    ImmutableArray<SourceTensor> Inputs,
    ImmutableArray<SourceTensor> Outputs,
    ImmutableArray<SourceNode> Nodes,
    IReadOnlyDictionary<string, Tensor> Constants)
{
    /// <summary>Version of each operator set that the file uses, by domain ("" is the framework's own).</summary>
    public IReadOnlyDictionary<string, int> OpsetVersions { get; init; } = ImmutableDictionary<string, int>.Empty;

    /// <summary>What the file declares of tensors inside the graph, by name; a tensor that is not here is unknown until inferred.</summary>
    public IReadOnlyDictionary<string, SourceTensor> Declared { get; init; } = ImmutableDictionary<string, SourceTensor>.Empty;

    /// <summary>The file that the graph was read from, for messages.</summary>
    public string Path { get; init; } = "";

    /// <summary>The file that the weights were read from, where it is another one; empty where there is none.</summary>
    public string WeightPath { get; init; } = "";

    /// <summary>What the reader left out or took otherwise than the file says, one sentence each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>Version of the framework's own operator set, or 0.</summary>
    public int Opset => OpsetVersions.TryGetValue("", out int v) ? v : 0;
}
