namespace SgsIpu.Engine;

/// <summary>What a fixed model may cost on its chip; convolutions are given 16 bits as long as it is kept.</summary>
/// <param name="MaxCycles">Cycles of one run; null for no limit.</param>
/// <param name="MaxBytes">Bytes of main memory traffic of one run; null for no limit.</param>
public sealed record CostBudget(double? MaxCycles, long? MaxBytes);
