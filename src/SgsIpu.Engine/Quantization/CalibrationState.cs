namespace SgsIpu.Engine.Quantization;

/// <summary>What a fixed model was made from.</summary>
/// <param name="Float">The float model, with what was asked of it.</param>
/// <param name="Statistics">What was observed; it does not depend on types, so that other types need no further run.</param>
internal sealed record CalibrationState(IpuModel Float, CalibrationLevel Level, IReadOnlyDictionary<string, ActivationStatistics> Statistics);
