using System.Collections.Immutable;

namespace SgsIpu.Engine;

/// <summary>How a calibration came to the integers of a tensor.</summary>
/// <param name="Tensor">Its name in the float model.</param>
/// <param name="QuantType">UINT8 or INT16, as convolutions read it.</param>
/// <param name="Observer">Whose range was taken: MinMax, Percentile, MSE, KL; Given where a user gave it, Known where the format or the operator says it.</param>
/// <param name="Sqnr">Expected signal-to-noise ratio in dB that rounding and cutting off leaves at the outputs of the operators that read it; NaN where it was not asked.</param>
/// <param name="Reason">In words.</param>
public sealed record TensorDecision(string Tensor, string QuantType, string Observer, double Sqnr, string Reason)
{
    /// <summary>True where each channel has a scale of its own.</summary>
    public bool ByChannel { get; init; }

    /// <summary>What the other observers would have left, by name, in dB.</summary>
    public ImmutableArray<(string Observer, double Sqnr)> Alternatives { get; init; } = [];

    public override string ToString() => $"{Tensor}: {QuantType}, {Observer}. {Reason}";
}
