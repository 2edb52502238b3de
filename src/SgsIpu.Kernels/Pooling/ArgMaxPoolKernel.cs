using System.Numerics;

namespace SgsIpu.Kernels;

/// <summary>Maxima under sliding windows of an NHWC image, and where they stood in the flat NCHW image.</summary>
/// <param name="columnMajor">True where the index runs down the columns of an image.</param>
public sealed class ArgMaxPoolKernel<T>(PoolWindow window, (int N, int H, int W, int C) input, (int H, int W) output, bool columnMajor)
    where T : unmanaged, IBinaryInteger<T>
{
    public void Run(ReadOnlySpan<T> x, Span<T> y, Span<long> indices)
    {
        int at = 0;
        for (int n = 0; n < input.N; n++)
        {
            for (int oh = 0; oh < output.H; oh++)
            {
                for (int ow = 0; ow < output.W; ow++)
                {
                    for (int c = 0; c < input.C; c++)
                    {
                        (y[at], indices[at]) = Largest(x, n, oh, ow, c);
                        at++;
                    }
                }
            }
        }
    }

    private (T Value, long Index) Largest(ReadOnlySpan<T> x, int n, int oh, int ow, int c)
    {
        T largest = T.Zero;
        long index = -1;
        for (int kh = 0; kh < window.KernelH; kh++)
        {
            int h = (oh * window.StrideH) - window.PadTop + (kh * window.DilationH);
            for (int kw = 0; kw < window.KernelW && (uint)h < (uint)input.H; kw++)
            {
                int w = (ow * window.StrideW) - window.PadLeft + (kw * window.DilationW);
                if ((uint)w < (uint)input.W && x[((((n * input.H) + h) * input.W + w) * input.C) + c] is var value && (index < 0 || value > largest))
                {
                    largest = value;
                    index = ((((long)n * input.C) + c) * input.H * input.W) + (columnMajor ? ((long)w * input.H) + h : ((long)h * input.W) + w);
                }
            }
        }

        return (largest, index);
    }
}
