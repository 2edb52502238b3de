using SgsIpu.Core;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>Where the results of a kernel go: the integer that stands for 0 and the limits, which an activation may narrow.</summary>
/// <param name="Zero">Added to the centred result.</param>
/// <param name="Low">The smallest integer written.</param>
/// <param name="High">The largest integer written.</param>
public readonly record struct IntegerRange(int Zero, int Low, int High)
{
    /// <summary>The whole range of UINT8 or INT16.</summary>
    public static IntegerRange Of(DataType type, int zero) => type == DataType.UInt8 ? new(zero, 0, 255) : new(zero, -32767, 32767);

    /// <summary>The integer for a centred value.</summary>
    public int Place(int centred) => Math.Clamp(centred, Low - Zero, High - Zero) + Zero;
}
