using SgsIpu.Core;

namespace SgsIpu.Engine;

/// <summary>What a model computed from one sample.</summary>
/// <param name="Source">The sample's name.</param>
/// <param name="Outputs">The model's outputs and what else was asked for, by name.</param>
public sealed record RunResult(string Source, IReadOnlyDictionary<string, Tensor> Outputs);
