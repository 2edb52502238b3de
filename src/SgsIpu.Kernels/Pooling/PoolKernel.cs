using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SgsIpu.Kernels;

/// <summary>Maximum and average over sliding windows. Input [N, H, W, C], output [N, OH, OW, C], of the same type and mapping.</summary>
/// <param name="paddedValue">The integer that stands for 0; null where what is missing does not count.</param>
public sealed unsafe class PoolKernel<T>(PoolWindow window, (int N, int H, int W, int C) input, (int H, int W) output, bool average, int? paddedValue)
    where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
{
    private static readonly Action<(PoolKernel<T> Self, nint X, nint Y), int, int> Body = static (s, first, end) => s.Self.Rows((T*)s.X, (T*)s.Y, first, end);

    /// <summary>Pools; a window that holds no element gives the smallest value.</summary>
    /// <param name="threads">Threads that share the rows of the output.</param>
    public void Run(ReadOnlySpan<T> x, Span<T> y, int threads)
    {
        if (y.IsEmpty)
        {
            return;
        }

        fixed (T* px = x, py = y)
        {
            Workers.Run(input.N * output.H, threads, (this, (nint)px, (nint)py), Body);
        }
    }

    /// <summary>Computes rows [first, end) of all images of the output.</summary>
    private void Rows(T* x, T* y, int first, int end)
    {
        int image = input.H * input.W * input.C;
        int width = output.W * input.C;
        for (int row = first; row < end;)
        {
            int n = row / output.H;
            int stop = Math.Min(end, (n + 1) * output.H);
            ReadOnlySpan<T> from = new(x + ((nint)n * image), image);
            Span<T> to = new(y + ((nint)row * width), (stop - row) * width);
            if (average)
            {
                Average(from, to, row % output.H);
            }
            else
            {
                Maximum(from, to, row % output.H);
            }

            row = stop;
        }
    }

    private void Average(ReadOnlySpan<T> image, Span<T> y, int firstRow)
    {
        int[] rented = ArrayPool<int>.Shared.Rent(input.C);
        for (int pixel = 0; pixel < y.Length / input.C; pixel++)
        {
            Average(image, y.Slice(pixel * input.C, input.C), rented.AsSpan(0, input.C), firstRow + (pixel / output.W), pixel % output.W);
        }

        ArrayPool<int>.Shared.Return(rented);
    }

    /// <summary>The maximum along each row of the image, then of those rows: as many steps as the window has rows and columns together.</summary>
    private void Maximum(ReadOnlySpan<T> image, Span<T> y, int firstRow)
    {
        int width = output.W * input.C;
        int outRows = y.Length / width;
        int firstIn = Math.Clamp((firstRow * window.StrideH) - window.PadTop, 0, input.H);
        int endIn = Math.Clamp(((firstRow + outRows - 1) * window.StrideH) - window.PadTop + ((window.KernelH - 1) * window.DilationH) + 1, firstIn, input.H);
        T[] rented = ArrayPool<T>.Shared.Rent((endIn - firstIn) * width);
        Span<T> rows = rented.AsSpan(0, (endIn - firstIn) * width);
        rows.Fill(T.MinValue);
        for (int h = firstIn; h < endIn; h++)
        {
            ReadOnlySpan<T> line = image.Slice(h * input.W * input.C, input.W * input.C);
            for (int ow = 0; ow < output.W; ow++)
            {
                Span<T> target = rows.Slice(((h - firstIn) * width) + (ow * input.C), input.C);
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
        for (int row = 0; row < outRows; row++)
        {
            for (int kh = 0; kh < window.KernelH; kh++)
            {
                int h = ((firstRow + row) * window.StrideH) - window.PadTop + (kh * window.DilationH);
                if ((uint)h < (uint)input.H)
                {
                    Larger(y.Slice(row * width, width), rows.Slice((h - firstIn) * width, width));
                }
            }
        }

        ArrayPool<T>.Shared.Return(rented);
    }

    /// <summary>Each element becomes the larger of both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
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
    private void Average(ReadOnlySpan<T> image, Span<T> y, Span<int> sums, int oh, int ow)
    {
        sums.Clear();
        int count = 0;
        for (int kh = 0; kh < window.KernelH; kh++)
        {
            for (int kw = 0; kw < window.KernelW; kw++)
            {
                ReadOnlySpan<T> pixel = Pixel(image, oh, ow, kh, kw);
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
    private ReadOnlySpan<T> Pixel(ReadOnlySpan<T> image, int oh, int ow, int kh, int kw)
    {
        int h = (oh * window.StrideH) - window.PadTop + (kh * window.DilationH);
        int w = (ow * window.StrideW) - window.PadLeft + (kw * window.DilationW);
        return (uint)h < (uint)input.H && (uint)w < (uint)input.W ? image.Slice(((h * input.W) + w) * input.C, input.C) : [];
    }

    private bool IsPadding(int oh, int ow, int kh, int kw) =>
        (oh * window.StrideH) - window.PadTop + (kh * window.DilationH) < input.H + window.PadBottom
        && (ow * window.StrideW) - window.PadLeft + (kw * window.DilationW) < input.W + window.PadRight;

    private static long FloorDivide(long a, long b) => (a / b) - (a % b < 0 ? 1 : 0);
}
