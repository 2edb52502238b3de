using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>A limit of the hardware. The text is the message and the row of the support table.</summary>
/// <param name="Text">The rule as a sentence, for example "kernel height × width is below 64".</param>
/// <param name="Violation">The value found, as text, where the rule is broken; null where it holds.</param>
/// <param name="Remedy">What the compiler does about it: runs it another way, splits it, or refuses it.</param>
public sealed record Constraint(string Text, Func<IReadOnlyList<TensorSpec?>, IReadOnlyList<TensorSpec>, SocGeneration, string?> Violation, ConstraintRemedy Remedy);
