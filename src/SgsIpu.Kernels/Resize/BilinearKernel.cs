using System.Numerics;

namespace SgsIpu.Kernels;

/// <summary>
/// Bilinear interpolation of NHWC images in integers: weights of 11 bits a dimension, as OpenCV's, and one rounding half up at the end.
/// </summary>
/// <param name="rows">For each output row: the two input rows and the weight of the second, of <see cref="One"/>.</param>
public sealed class BilinearKernel<T>((int N, int H, int W, int C) input, (int First, int Second, int Weight)[] rows, (int First, int Second, int Weight)[] columns)
    where T : unmanaged, IBinaryInteger<T>
{
    /// <summary>The weight 1.</summary>
    public const int One = 1 << 11;

    private const long Half = (long)One * One / 2;

    public void Run(ReadOnlySpan<T> x, Span<T> y)
    {
        int c = input.C;
        for (int n = 0; n < input.N; n++)
        {
            foreach ((int top, int bottom, int wy) in rows)
            {
                ReadOnlySpan<T> upper = x.Slice(((n * input.H) + top) * input.W * c, input.W * c);
                ReadOnlySpan<T> lower = x.Slice(((n * input.H) + bottom) * input.W * c, input.W * c);
                foreach ((int left, int right, int wx) in columns)
                {
                    for (int i = 0; i < c; i++)
                    {
                        long a = Mix(upper[(left * c) + i], upper[(right * c) + i], wx);
                        long b = Mix(lower[(left * c) + i], lower[(right * c) + i], wx);
                        y[i] = T.CreateTruncating(((a * (One - wy)) + (b * wy) + Half) >> 22);
                    }

                    y = y[c..];
                }
            }
        }
    }

    private static long Mix(T a, T b, int weight) => (long.CreateTruncating(a) * (One - weight)) + (long.CreateTruncating(b) * weight);
}
