using System.Runtime.InteropServices;

namespace SgsIpu.Kernels;

/// <summary>What <see cref="DepthwiseCode"/> is called with.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DepthwiseArguments
{
    /// <summary>Bytes from a column under the kernel to the next.</summary>
    public nint ColumnBytes;

    /// <summary>Bytes from the first column under an output to that under the next.</summary>
    public nint StrideBytes;

    public int* Weights;

    /// <summary>Blocks of the channels' vectors.</summary>
    public byte* Stage;

    /// <summary><see cref="StageBlocks.Limits"/>.</summary>
    public byte* Limits;

    /// <summary>The block's first element of the first output.</summary>
    public byte* Y;

    /// <summary>Bytes from an output to the next.</summary>
    public nint PixelBytes;

    /// <summary>Outputs, side by side.</summary>
    public nint Count;

    /// <summary>A bit for each element of the last group that is there.</summary>
    public ulong StoreMask;

    /// <summary>A bit for each channel that is there.</summary>
    public ulong LoadMask;

    /// <summary>The rows under the kernel: the block's first element in the first column. More follow.</summary>
    public byte* Row0, Row1, Row2, Row3, Row4, Row5, Row6, Row7;
}
