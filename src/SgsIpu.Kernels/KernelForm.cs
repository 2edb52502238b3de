namespace SgsIpu.Kernels;

/// <summary>How a kernel is executed. The scalar loop is the specification; every other form gives the same integers.</summary>
public enum KernelForm
{
    Scalar,

    /// <summary>128-bit vectors.</summary>
    V128,

    /// <summary>256-bit vectors.</summary>
    V256,

    /// <summary>512-bit vectors.</summary>
    V512,

    /// <summary>512-bit vectors, and for convolutions of bytes machine code made at run time (AVX-512 VNNI).</summary>
    Vnni,
}
