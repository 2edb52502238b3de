using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace SgsIpu.Kernels;

/// <summary>
/// Bilinear interpolation of NHWC images in integers: weights of 11 bits a dimension, as OpenCV's, and one rounding half up at the end.
/// Rows are mixed along their width once and serve all rows of the output between them.
/// </summary>
/// <param name="rows">For each output row: the two input rows and the weight of the second, of <see cref="One"/>.</param>
public sealed unsafe class BilinearKernel<T>((int N, int H, int W, int C) input, (int First, int Second, int Weight)[] rows, (int First, int Second, int Weight)[] columns)
    where T : unmanaged, IBinaryInteger<T>
{
    /// <summary>The weight 1.</summary>
    public const int One = 1 << WeightBits;

    private const int WeightBits = 11;
    private const int Half = One * One / 2;

    private static readonly Action<(BilinearKernel<T> Self, nint X, nint Y), int, int> Body = static (s, first, end) => s.Self.Run((T*)s.X, (T*)s.Y, first, end);

    /// <param name="threads">Threads to use at most.</param>
    public void Run(ReadOnlySpan<T> x, Span<T> y, int threads)
    {
        fixed (T* px = x, py = y)
        {
            Workers.Run(input.N * rows.Length, threads, (this, (nint)px, (nint)py), Body);
        }
    }

    /// <summary>Computes rows [first, end) of all images in order.</summary>
    private void Run(T* x, T* y, int first, int end)
    {
        int width = columns.Length * input.C;
        int[] rented = ArrayPool<int>.Shared.Rent(2 * width);
        fixed (int* mixed = rented)
        {
            int* upper = mixed;
            int* lower = mixed + width;
            (int upperRow, int lowerRow) = (-1, -1);
            for (int row = first; row < end; row++)
            {
                (int top, int bottom, int weight) = rows[row % rows.Length];
                int image = row / rows.Length * input.H;
                if (lowerRow == image + top)
                {
                    int* swap = upper;
                    upper = lower;
                    lower = swap;
                    (upperRow, lowerRow) = (lowerRow, upperRow);
                }

                Widen(x, image + top, ref upperRow, upper);
                Widen(x, image + bottom, ref lowerRow, lower);
                Mix(upper, lower, weight, y + ((nint)row * width), width);
            }
        }

        ArrayPool<int>.Shared.Return(rented);
    }

    /// <summary>Mixes a row of the input along its width, unless it is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Widen(T* x, int row, ref int present, int* mixed)
    {
        if (present == row)
        {
            return;
        }

        present = row;
        T* line = x + ((nint)row * input.W * input.C);
        foreach ((int first, int second, int weight) in columns)
        {
            T* left = line + (first * input.C);
            T* right = line + (second * input.C);
            for (int i = 0; i < input.C; i++)
            {
                int a = int.CreateTruncating(left[i]);
                mixed[i] = (a << WeightBits) + ((int.CreateTruncating(right[i]) - a) * weight);
            }

            mixed += input.C;
        }
    }

    /// <summary>
    /// (a · (1 − w) + b · w + half) >> 22 as (a + ((d · w + half) >> 11)) >> 11 with d = b − a, whose product is taken in two parts so that it
    /// fits INT32: what the floor of one drops reaches no sum.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Mix(int* upper, int* lower, int weight, T* y, int count)
    {
        int i = 0;
        for (; i <= count - Vector<T>.Count; i += Vector<T>.Count)
        {
            Vector<int> a = Mix(upper, lower, weight, i);
            Vector<int> b = Mix(upper, lower, weight, i + Vector<int>.Count);
            if (sizeof(T) == sizeof(short))
            {
                Vector.Narrow(a, b).As<short, T>().Store(y + i);
                continue;
            }

            Vector<int> c = Mix(upper, lower, weight, i + (2 * Vector<int>.Count));
            Vector<int> d = Mix(upper, lower, weight, i + (3 * Vector<int>.Count));
            Vector.Narrow(Vector.Narrow(a, b), Vector.Narrow(c, d)).As<sbyte, T>().Store(y + i);
        }

        for (; i < count; i++)
        {
            int d = lower[i] - upper[i];
            int between = ((d >> WeightBits) * weight) + ((((d & (One - 1)) * weight) + Half) >> WeightBits);
            y[i] = T.CreateTruncating((upper[i] + between) >> WeightBits);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<int> Mix(int* upper, int* lower, int weight, int i)
    {
        Vector<int> a = Vector.Load(upper + i);
        Vector<int> d = Vector.Load(lower + i) - a;
        Vector<int> between = ((d >> WeightBits) * weight) + ((((d & new Vector<int>(One - 1)) * weight) + new Vector<int>(Half)) >> WeightBits);
        return (a + between) >> WeightBits;
    }
}
