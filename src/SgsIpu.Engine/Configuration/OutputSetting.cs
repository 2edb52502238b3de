using SgsIpu.Ops;

namespace SgsIpu.Engine.Configuration;

/// <summary>One output of a model.</summary>
/// <param name="Dequantize">True computes real numbers (Fix2Float) at the end of the fixed model.</param>
/// <param name="Format">RAWDATA_F32_NHWC, RAWDATA_S16_NHWC or RAWDATA_U8_NHWC.</param>
public sealed record OutputSetting(string Name, bool Dequantize, ImageFormat Format)
{
    /// <summary>True where a 4-D output is handed over as NCHW.</summary>
    public bool ChannelsFirst { get; init; }
}
