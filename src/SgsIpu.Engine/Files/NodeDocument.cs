using System.Collections.Immutable;
using System.Text.Json;

namespace SgsIpu.Engine.Files;

/// <summary>A node as model files describe it.</summary>
/// <param name="Op">The operator's name in the catalog.</param>
/// <param name="Attributes">The operator's attributes.</param>
/// <param name="Inputs">Positions in the list of tensors; −1 for an absent optional input.</param>
/// <param name="Outputs">Positions in the list of tensors.</param>
internal sealed record NodeDocument(string Name, string Op, JsonElement Attributes, ImmutableArray<int> Inputs, ImmutableArray<int> Outputs);
