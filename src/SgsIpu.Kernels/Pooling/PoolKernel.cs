using System.Numerics;

namespace SgsIpu.Kernels;

/// <summary>Maximum and average over sliding windows. Input [N, H, W, C], output [N, OH, OW, C], of the same type and mapping.</summary>
/// <param name="paddedValue">The integer that stands for 0; null where what is missing does not count.</param>
public sealed class PoolKernel<T>(PoolWindow window, (int N, int H, int W, int C) input, (int H, int W) output, bool average, int? paddedValue)
    where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
{
    /// <summary>Pools; a window that holds no element gives the smallest value.</summary>
    /// <param name="accumulators">Scratch, at least C elements; used by the average.</param>
    public void Run(ReadOnlySpan<T> x, Span<T> y, Span<int> accumulators)
    {
        for (int n = 0; n < input.N; n++)
        {
            for (int oh = 0; oh < output.H; oh++)
            {
                for (int ow = 0; ow < output.W; ow++)
                {
                    Span<T> target = y.Slice((((n * output.H) + oh) * output.W + ow) * input.C, input.C);
                    if (average)
                    {
                        Average(x, target, accumulators[..input.C], n, oh, ow);
                    }
                    else
                    {
                        Maximum(x, target, n, oh, ow);
                    }
                }
            }
        }
    }

    private void Maximum(ReadOnlySpan<T> x, Span<T> y, int n, int oh, int ow)
    {
        y.Fill(T.MinValue);
        for (int kh = 0; kh < window.KernelH; kh++)
        {
            for (int kw = 0; kw < window.KernelW; kw++)
            {
                ReadOnlySpan<T> pixel = Pixel(x, n, oh, ow, kh, kw);
                Span<T> target = y[..pixel.Length];
                int c = 0;
                for (; c <= target.Length - Vector<T>.Count; c += Vector<T>.Count)
                {
                    Vector.Max(new Vector<T>(target[c..]), new Vector<T>(pixel[c..])).CopyTo(target[c..]);
                }

                for (; c < target.Length; c++)
                {
                    target[c] = T.Max(target[c], pixel[c]);
                }
            }
        }
    }

    /// <summary>The mean of the integers is the mean of the real numbers, whatever the mapping; rounded half up.</summary>
    private void Average(ReadOnlySpan<T> x, Span<T> y, Span<int> sums, int n, int oh, int ow)
    {
        sums.Clear();
        int count = 0;
        for (int kh = 0; kh < window.KernelH; kh++)
        {
            for (int kw = 0; kw < window.KernelW; kw++)
            {
                ReadOnlySpan<T> pixel = Pixel(x, n, oh, ow, kh, kw);
                if (pixel.IsEmpty && (paddedValue is not { } || !IsPadding(oh, ow, kh, kw)))
                {
                    continue;
                }

                count++;
                for (int c = 0; c < sums.Length; c++)
                {
                    sums[c] += pixel.IsEmpty ? paddedValue!.Value : int.CreateTruncating(pixel[c]);
                }
            }
        }

        for (int c = 0; c < sums.Length; c++)
        {
            y[c] = count == 0 ? T.Zero : T.CreateTruncating(FloorDivide((2L * sums[c]) + count, 2L * count));
        }
    }

    /// <summary>The channels under one element of the window; empty where that is outside of the image.</summary>
    private ReadOnlySpan<T> Pixel(ReadOnlySpan<T> x, int n, int oh, int ow, int kh, int kw)
    {
        int h = (oh * window.StrideH) - window.PadTop + (kh * window.DilationH);
        int w = (ow * window.StrideW) - window.PadLeft + (kw * window.DilationW);
        return (uint)h < (uint)input.H && (uint)w < (uint)input.W ? x.Slice((((n * input.H) + h) * input.W + w) * input.C, input.C) : [];
    }

    private bool IsPadding(int oh, int ow, int kh, int kw) =>
        (oh * window.StrideH) - window.PadTop + (kh * window.DilationH) < input.H + window.PadBottom
        && (ow * window.StrideW) - window.PadLeft + (kw * window.DilationW) < input.W + window.PadRight;

    private static long FloorDivide(long a, long b) => (a / b) - (a % b < 0 ? 1 : 0);
}
