namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>What became of a layer.</summary>
/// <param name="Rounded">At the bits that it runs with; null where no other form than that of the graph made the outputs better.</param>
/// <param name="Narrow">At 4 bits, where that was asked for.</param>
/// <param name="LossBefore">Mean square error of the output over its power, with weights rounded one by one, on samples held back.</param>
/// <param name="LossAfter">The same of what was kept.</param>
internal sealed record RebuiltLayer(RoundedWeights? Rounded, RoundedWeights? Narrow, double LossBefore, double LossAfter);
