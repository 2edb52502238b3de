using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Engine;

/// <summary>
/// What a user asks of the quantization of one tensor, by its name in the float model. It wins over what calibration finds; what is not
/// given is left to calibration, and what is impossible is refused with a reason (<see cref="GivenOutcome"/>).
/// </summary>
public sealed record GivenQuantization(string Tensor)
{
    /// <summary>Least real values: one, or one a channel (weights: one an output channel). Empty where none is given.</summary>
    public ImmutableArray<float> Min { get; init; } = [];

    /// <summary>Greatest real values, as many as <see cref="Min"/>.</summary>
    public ImmutableArray<float> Max { get; init; } = [];

    /// <summary>8: convolutions read the tensor as UINT8 (weights: INT8). 16: it is INT16, and so are the convolutions that read it.</summary>
    public int? Bit { get; init; }

    /// <summary>Replaces the values of a constant.</summary>
    public Tensor? Data { get; init; }

    /// <summary>Who asks: a file's name, a command's.</summary>
    public string Source { get; init; } = "";
}
