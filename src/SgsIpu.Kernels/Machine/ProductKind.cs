namespace SgsIpu.Kernels;

/// <summary>How a product in machine code multiplies and adds.</summary>
internal enum ProductKind
{
    /// <summary>Four products of an unsigned and a signed byte to each INT32 (VPDPBUSD).</summary>
    Bytes,

    /// <summary>Two products of INT16 to each INT32 (VPDPWSSD), where the sums fit.</summary>
    Shorts,

    /// <summary>The same with weights in two parts, upper · 2^bits + lower, each with sums of its own, joined in INT64.</summary>
    Split,
}
