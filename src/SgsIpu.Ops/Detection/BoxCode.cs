namespace SgsIpu.Ops;

/// <summary>How a detector's outputs move a prior box; the names are Caffe SSD's.</summary>
public enum BoxCode
{
    /// <summary>Offsets of the corners.</summary>
    Corner,

    /// <summary>Offsets of the centre in sizes of the prior, and logarithms of the sizes' ratios.</summary>
    CenterSize,

    /// <summary>Offsets of the corners in sizes of the prior.</summary>
    CornerSize,
}
