namespace SgsIpu.Engine.Preprocessing;

/// <summary>How an image is resized.</summary>
public enum Interpolation
{
    /// <summary>As cv2.resize with INTER_LINEAR: two neighbours in each direction, no antialiasing.</summary>
    OpenCvBilinear,

    /// <summary>As cv2.resize with INTER_AREA.</summary>
    OpenCvArea,

    /// <summary>As cv2.resize with INTER_NEAREST.</summary>
    Nearest,

    /// <summary>As Pillow's BILINEAR, with antialiasing.</summary>
    PillowBilinear,

    /// <summary>As Pillow's BICUBIC (a = −0.5), with antialiasing.</summary>
    PillowBicubic,
}
