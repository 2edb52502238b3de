namespace SgsIpu.Ops;

/// <summary>Where an output position of a resize lies in the input; the names are ONNX's.</summary>
public enum ResizeCoordinates
{
    /// <summary>Pixels are areas: (o + ½) / scale − ½.</summary>
    HalfPixel,

    /// <summary>As <see cref="HalfPixel"/>, and 0 for an output of one pixel.</summary>
    PytorchHalfPixel,

    /// <summary>The corners' centres meet: o · (in − 1) / (out − 1).</summary>
    AlignCorners,

    /// <summary>o / scale.</summary>
    Asymmetric,

    /// <summary>As <see cref="HalfPixel"/>, around the image's centre where the output is not exactly scale · in.</summary>
    HalfPixelSymmetric,

    /// <summary>(o + ½) / scale.</summary>
    TfHalfPixelForNn,

    /// <summary>From Start · (in − 1) to End · (in − 1); what lies outside of the image has a value of its own.</summary>
    TfCropAndResize,
}
