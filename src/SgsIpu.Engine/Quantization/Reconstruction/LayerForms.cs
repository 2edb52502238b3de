using System.Collections.Immutable;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>Forms that a layer may take, found on its moments.</summary>
/// <param name="Forms">At the bits that it is to run with; each with the mean square error of the output over its power, on samples held back.</param>
/// <param name="Narrow">At 4 bits, where that was asked for.</param>
/// <param name="LossBefore">The same error with weights rounded one by one.</param>
internal sealed record LayerForms(ImmutableArray<(RoundedWeights Rounded, double Loss)> Forms, RoundedWeights? Narrow, double LossBefore);
