namespace SgsIpu.Engine;

/// <summary>The distance of some values from those that they should be.</summary>
/// <param name="Cosine">Cosine of the angle between both; 1 where they are proportional.</param>
/// <param name="Sqnr">Mean square of the reference over mean square of the difference, in dB; infinite where both are equal.</param>
/// <param name="MaxError">The largest absolute difference.</param>
public readonly record struct TensorError(double Cosine, double Sqnr, double MaxError);
