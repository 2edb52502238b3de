using SgsIpu.Engine;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>One row of the table.</summary>
/// <param name="Convolutions">The value of [CONV_CONFIG] input_format; empty leaves it to the level.</param>
internal sealed record AccuracyCase(CalibrationLevel Level, string Convolutions)
{
    public bool IsNarrow => Convolutions == "ALL_UINT8";

    public bool IsWide => Convolutions == "ALL_INT16";

    public override string ToString() => Convolutions.Length == 0 ? Level.ToString() : $"{Level} {Convolutions}";
}
