using System.Runtime.InteropServices;

namespace SgsIpu.Kernels;

/// <summary>What <see cref="TileCode"/> is called with.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TileArguments
{
    /// <summary>The first row.</summary>
    public byte* A;

    /// <summary>Bytes from a row to the next.</summary>
    public nint Stride;

    /// <summary>The panel.</summary>
    public int* Columns;

    /// <summary>Steps of 4 bytes along K.</summary>
    public nint Steps;

    /// <summary>Blocks of the panel's vectors.</summary>
    public byte* Stage;

    /// <summary><see cref="StageBlocks.Limits"/>.</summary>
    public byte* Limits;

    /// <summary>The panel's first element of the first row of the output.</summary>
    public byte* Y;

    /// <summary>Bytes from a row of the output to the next.</summary>
    public nint RowBytes;

    /// <summary>Tiles, one below the other.</summary>
    public nint Tiles;

    /// <summary>A bit for each element of the panel's last group that is there.</summary>
    public ulong Mask;
}
