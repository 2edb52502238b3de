using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>One set of inputs of a model, in the order of its inputs.</summary>
/// <param name="Name">Where it comes from: the file's path, for messages and results.</param>
public sealed record Sample(string Name, ImmutableArray<Tensor> Inputs);
