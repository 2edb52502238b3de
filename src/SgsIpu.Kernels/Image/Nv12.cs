namespace SgsIpu.Kernels.Image;

/// <summary>
/// YUV_NV12 to RGB by ITU-R BT.601 in limited range, in integers: Y in [16, 235], Cb and Cr in [16, 240], factors in 1/1024. A pixel takes
/// the chroma of the 2×2 block that it lies in.
/// </summary>
public static class Nv12
{
    private const int Luma = 1192;
    private const int RedOfCr = 1634;
    private const int GreenOfCb = 401;
    private const int GreenOfCr = 832;
    private const int BlueOfCb = 2066;

    /// <summary>Red, green and blue in [0, 255].</summary>
    public static (byte R, byte G, byte B) ToRgb(byte y, byte cb, byte cr)
    {
        int luma = (Luma * (y - 16)) + 512;
        int u = cb - 128;
        int v = cr - 128;
        return (Clamp(luma + (RedOfCr * v)), Clamp(luma - (GreenOfCb * u) - (GreenOfCr * v)), Clamp(luma + (BlueOfCb * u)));
    }

    private static byte Clamp(int value) => (byte)Math.Clamp(value >> 10, 0, 255);
}
