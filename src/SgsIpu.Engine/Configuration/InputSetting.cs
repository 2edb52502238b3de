using System.Collections.Immutable;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Configuration;

/// <summary>One input of a model.</summary>
/// <param name="TrainingFormat">What the network was trained on.</param>
/// <param name="Format">What the board hands over.</param>
public sealed record InputSetting(string Name, ImageFormat TrainingFormat, ImageFormat Format)
{
    /// <summary>False hands the input over as real numbers that are not quantized.</summary>
    public bool Quantize { get; init; } = true;

    /// <summary>Subtracted, by channel in the order RGB: one value or one a channel. Empty for raw data.</summary>
    public ImmutableArray<float> Mean { get; init; } = [];

    /// <summary>Divisor after the subtraction, by channel in the order RGB: one value or one a channel. Empty for raw data.</summary>
    public ImmutableArray<float> Std { get; init; } = [];

    /// <summary>A row of the board's buffer is a multiple of this many pixels.</summary>
    public int WidthAlignment { get; init; } = 1;

    /// <summary>The number of rows of the board's buffer is a multiple of this.</summary>
    public int HeightAlignment { get; init; } = 1;

    /// <summary>True where a 4-D input is handed over as NCHW.</summary>
    public bool ChannelsFirst { get; init; }

    public bool IsImage => Format < ImageFormat.RAWDATA_U8_NHWC;
}
