using SgsIpu.Core;

namespace SgsIpu.Engine;

/// <summary>What a limit of a generation of chips means for a node of a model.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Node">The node's name.</param>
/// <param name="Operator">Its operator.</param>
/// <param name="Generation">The generation of chips.</param>
/// <param name="Action">What the compiler does: Native, Converted, Split or Refused.</param>
/// <param name="Limit">The limit that is exceeded; empty where none is.</param>
/// <param name="Found">What exceeds it.</param>
public sealed record LimitCheck(string Model, string Node, string Operator, SocGeneration Generation, LimitAction Action, string Limit, string Found);
