using System.Collections.Immutable;

namespace SgsIpu.Core;

/// <summary>
/// How the integers of a tensor stand for real numbers: <c>real = Scale[c] · (q − ZeroPoint − Offsets[c])</c>.
/// </summary>
/// <param name="Scale">One scale, or one for each index along <paramref name="Axis"/>.</param>
/// <param name="ZeroPoint">The integer that stands for 0; 0 for every signed (symmetric) type.</param>
/// <param name="Axis">The dimension that the scales belong to, or −1 where one scale serves the whole tensor.</param>
public sealed record QuantParam(ImmutableArray<double> Scale, int ZeroPoint, int Axis = -1)
{
    /// <summary>Smallest real values seen or given: one, or one for each channel. Empty where unknown.</summary>
    public ImmutableArray<float> Min { get; init; } = [];

    /// <summary>Largest real values seen or given: one, or one for each channel. Empty where unknown.</summary>
    public ImmutableArray<float> Max { get; init; } = [];

    /// <summary>
    /// How much further each channel's integer for 0 is from <see cref="ZeroPoint"/>, one for each scale; empty where it is not. What reads the
    /// tensor computes with q − ZeroPoint, and has what the offsets add in its bias.
    /// </summary>
    public ImmutableArray<int> Offsets { get; init; } = [];

    /// <summary>One scale for the whole tensor.</summary>
    public static QuantParam PerTensor(double scale, int zeroPoint = 0) => new([scale], zeroPoint);

    public bool IsPerTensor => Scale.Length == 1;

    /// <summary>True where both map every integer to the same real number.</summary>
    public bool SameMapping(QuantParam other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return ZeroPoint == other.ZeroPoint && Scale.AsSpan().SequenceEqual(other.Scale.AsSpan()) && Offsets.AsSpan().SequenceEqual(other.Offsets.AsSpan()) && (IsPerTensor || Axis == other.Axis);
    }

    /// <summary>The integer of a channel that stands for 0.</summary>
    public int ZeroOf(int channel) => ZeroPoint + (Offsets.IsEmpty ? 0 : Offsets[channel]);

    /// <summary>Asymmetric UINT8 for the range [min, max], widened to hold 0 so that padding is exact.</summary>
    public static QuantParam UInt8(double min, double max)
    {
        min = Math.Min(min, 0);
        max = Math.Max(max, 0);
        double scale = max > min ? (max - min) / 255 : 1.0;
        int zero = (int)Math.Clamp(Math.Round(-min / scale, MidpointRounding.ToEven), 0, 255);
        return new QuantParam([scale], zero) { Min = [(float)min], Max = [(float)max] };
    }

    /// <summary>Symmetric INT16 for the range [min, max].</summary>
    public static QuantParam Int16(double min, double max)
    {
        double bound = Math.Max(Math.Abs(min), Math.Abs(max));
        return new QuantParam([bound > 0 ? bound / 32767 : 1.0], 0) { Min = [(float)min], Max = [(float)max] };
    }
}
