using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
            if (!average)
            {
                Maximum(x.Slice(n * input.H * input.W * input.C, input.H * input.W * input.C), y.Slice(n * output.H * output.W * input.C, output.H * output.W * input.C));
                continue;
            }

            for (int oh = 0; oh < output.H; oh++)
            {
                for (int ow = 0; ow < output.W; ow++)
                {
                    Span<T> target = y.Slice((((n * output.H) + oh) * output.W + ow) * input.C, input.C);
                    Average(x, target, accumulators[..input.C], n, oh, ow);
                }
            }
        }
    }

    /// <summary>The maximum along each row of the image, then of those rows: as many steps as the window has rows and columns together.</summary>
    private void Maximum(ReadOnlySpan<T> image, Span<T> y)
    {
        int width = output.W * input.C;
        T[] rented = ArrayPool<T>.Shared.Rent(input.H * width);
        Span<T> rows = rented.AsSpan(0, input.H * width);
        rows.Fill(T.MinValue);
        for (int h = 0; h < input.H; h++)
        {
            ReadOnlySpan<T> line = image.Slice(h * input.W * input.C, input.W * input.C);
            for (int ow = 0; ow < output.W; ow++)
            {
                Span<T> target = rows.Slice((h * width) + (ow * input.C), input.C);
                for (int kw = 0; kw < window.KernelW; kw++)
                {
                    int w = (ow * window.StrideW) - window.PadLeft + (kw * window.DilationW);
                    if ((uint)w < (uint)input.W)
                    {
                        Larger(target, line.Slice(w * input.C, input.C));
                    }
                }
            }
        }

        y.Fill(T.MinValue);
        for (int oh = 0; oh < output.H; oh++)
        {
            for (int kh = 0; kh < window.KernelH; kh++)
            {
                int h = (oh * window.StrideH) - window.PadTop + (kh * window.DilationH);
                if ((uint)h < (uint)input.H)
                {
                    Larger(y.Slice(oh * width, width), rows.Slice(h * width, width));
                }
            }
        }

        ArrayPool<T>.Shared.Return(rented);
    }

    /// <summary>Each element becomes the larger of both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Larger(Span<T> y, ReadOnlySpan<T> other)
    {
        ref T to = ref MemoryMarshal.GetReference(y);
        ref T from = ref MemoryMarshal.GetReference(other);
        int i = 0;
        for (; i <= y.Length - Vector<T>.Count; i += Vector<T>.Count)
        {
            Vector.Max(Vector.LoadUnsafe(ref to, (nuint)i), Vector.LoadUnsafe(ref from, (nuint)i)).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < y.Length; i++)
        {
            y[i] = T.Max(y[i], other[i]);
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
