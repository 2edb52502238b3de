using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Frontends.TfLite;

/// <summary>A TFLite file of one subgraph, as the public schema (version 3) has it.</summary>
/// <param name="Buffers">Buffer 0 is empty: what has no values refers to it.</param>
public sealed record TfLiteModel(
    string Description,
    ImmutableArray<TfLiteTensor> Tensors,
    ImmutableArray<TfLiteOperator> Operators,
    ImmutableArray<int> Inputs,
    ImmutableArray<int> Outputs,
    ImmutableArray<ReadOnlyMemory<byte>> Buffers)
{
    public string GraphName { get; init; } = "main";

    /// <summary>Position in <see cref="Buffers"/> of each piece of metadata.</summary>
    public ImmutableArray<(string Name, int Buffer)> Metadata { get; init; } = [];
}
