namespace SgsIpu.Ops;

/// <summary>What the bytes at a model's border stand for. The names are the values of <c>input_config.ini</c>.</summary>
public enum ImageFormat
{
    RGB,
    BGR,
    RGBA,
    BGRA,
    GRAY,

    /// <summary>A plane of luma, then a plane of interleaved Cb and Cr at half the height and width.</summary>
    YUV_NV12,

    /// <summary>Quantized values, handed over as they are.</summary>
    RAWDATA_U8_NHWC,

    /// <summary>Quantized values, handed over as they are.</summary>
    RAWDATA_S16_NHWC,

    /// <summary>Real numbers.</summary>
    RAWDATA_F32_NHWC,

    /// <summary>Indices of an embedding.</summary>
    RAWDATA_U16_NHWC,
}
