namespace SgsIpu.Engine.Configuration;

/// <summary>The value of <c>[CONV_CONFIG] input_format</c>.</summary>
public enum ConvolutionFormat
{
    /// <summary>ALL_UINT8</summary>
    AllUInt8,

    /// <summary>ALL_INT16</summary>
    AllInt16,

    /// <summary>CONV2D_INT16: ordinary convolutions only.</summary>
    Conv2DInt16,

    /// <summary>DEPTHWISE_INT16: depthwise convolutions only.</summary>
    DepthwiseInt16,
}
