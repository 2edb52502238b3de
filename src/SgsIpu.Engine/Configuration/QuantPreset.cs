using System.Collections.Immutable;

namespace SgsIpu.Engine.Configuration;

/// <summary>An entry of <c>PRESET_MIN_MAX_BIT</c>.</summary>
/// <param name="Tensor">Name in the float model.</param>
public sealed record QuantPreset(string Tensor)
{
    /// <summary>Least real values: one, or one a channel; empty where the entry says null.</summary>
    public ImmutableArray<float> Min { get; init; } = [];

    /// <summary>Greatest real values, as many as <see cref="Min"/>.</summary>
    public ImmutableArray<float> Max { get; init; } = [];

    /// <summary>4 (weights only), 8 or 16; null where calibration decides.</summary>
    public int? Bit { get; init; }

    /// <summary>The line that it stands in.</summary>
    internal int Line { get; init; }

    /// <summary>Weights of 4 bits run with 8-bit activations; the allocation of bits takes care of the rest.</summary>
    internal GivenQuantization ToGiven(string source) => new(Tensor) { Min = Min, Max = Max, Bit = Bit == 4 ? 8 : Bit, Source = source };
}
