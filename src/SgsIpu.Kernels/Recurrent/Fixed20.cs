namespace SgsIpu.Kernels.Recurrent;

/// <summary>Real numbers within ±2048 as INT32 with 20 fraction bits: what recurrent layers keep between their steps.</summary>
public static class Fixed20
{
    public const int Bits = 20;

    /// <summary>The number 1.</summary>
    public const int One = 1 << Bits;

    /// <summary>The nearest number; beyond the range its end.</summary>
    public static int Of(double value) => (int)Math.Clamp(Math.Floor(Math.ScaleB(value, Bits) + 0.5), -int.MaxValue, int.MaxValue);

    public static int Saturate(long value) => (int)Math.Clamp(value, -int.MaxValue, int.MaxValue);

    /// <summary>The product, rounded half up.</summary>
    public static int Multiply(int a, int b) => Saturate((((long)a * b) + (One / 2)) >> Bits);
}
