namespace SgsIpu.Kernels;

/// <summary>A window that slides over an NHWC image: sizes in elements, counted per image, height first.</summary>
/// <param name="PadTop">Rows that are missing above the image; PadLeft likewise. What is missing below and right follows from the output's size.</param>
public readonly record struct PoolWindow(int KernelH, int KernelW, int StrideH, int StrideW, int DilationH, int DilationW, int PadTop, int PadLeft)
{
    /// <summary>Rows after the image that count where padding does; a partial window may reach further.</summary>
    public int PadBottom { get; init; } = int.MaxValue / 2;

    /// <summary>Columns after the image that count where padding does.</summary>
    public int PadRight { get; init; } = int.MaxValue / 2;
}
