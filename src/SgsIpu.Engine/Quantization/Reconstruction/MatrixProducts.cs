using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>
/// Products of matrices of real numbers, on all cores. Every element is summed in the same order whatever the threads and the width of
/// the vectors, so that results do not depend on the machine.
/// </summary>
internal static class MatrixProducts
{
    public const int TileRows = 6;
    public const int TileColumns = 16;

    /// <summary>Rows that are added up in one go, and kept in panels near the core.</summary>
    public const int Chunk = 128;

    /// <summary>AᵀB of <paramref name="rows"/> rows.</summary>
    /// <param name="a">[rows, m].</param>
    /// <param name="b">[rows, n].</param>
    /// <param name="symmetric">True where a is b: only one half is computed, and mirrored.</param>
    /// <returns>[m, n].</returns>
    public static float[] Transposed(ReadOnlyMemory<float> a, int m, ReadOnlyMemory<float> b, int n, int rows, bool symmetric, CancellationToken cancellationToken)
    {
        int tilesM = (m + TileRows - 1) / TileRows;
        int tilesN = (n + TileColumns - 1) / TileColumns;
        int padded = tilesN * TileColumns;
        var sums = new float[(long)tilesM * TileRows * padded];
        var panelsA = new float[tilesM * Chunk * TileRows];
        var panelsB = new float[tilesN * Chunk * TileColumns];
        for (int first = 0; first < rows; first += Chunk)
        {
            int count = Math.Min(Chunk, rows - first);
            int from = first;
            Pack(a.Span, m, from, count, TileRows, panelsA);
            Pack(b.Span, n, from, count, TileColumns, panelsB);
            ParallelWork.For(
                tilesM,
                Environment.ProcessorCount,
                i =>
                {
                    // The lower half alone: columns up to those of the tile's last row.
                    int last = symmetric ? Math.Min(tilesN, (((i + 1) * TileRows) + TileColumns - 1) / TileColumns) : tilesN;
                    for (int j = 0; j < last; j++)
                    {
                        Tile(
                            panelsA.AsSpan(i * Chunk * TileRows, count * TileRows),
                            panelsB.AsSpan(j * Chunk * TileColumns, count * TileColumns),
                            sums.AsSpan((i * TileRows * padded) + (j * TileColumns)),
                            padded);
                    }
                },
                cancellationToken);
        }

        var result = new float[(long)m * n];
        for (int i = 0; i < m; i++)
        {
            int end = symmetric ? i + 1 : n;
            sums.AsSpan(i * padded, end).CopyTo(result.AsSpan(i * n));
            for (int j = 0; symmetric && j < i; j++)
            {
                result[(j * n) + i] = sums[(i * padded) + j];
            }
        }

        return result;
    }

    /// <summary>y += factor · x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(Span<float> y, float factor, ReadOnlySpan<float> x)
    {
        ref float source = ref MemoryMarshal.GetReference(x);
        ref float target = ref MemoryMarshal.GetReference(y[..x.Length]);
        int width = Vector512<float>.Count;
        Vector512<float> f = Vector512.Create(factor);
        int i = 0;
        for (; i <= x.Length - width; i += width)
        {
            Vector512.FusedMultiplyAdd(f, Vector512.LoadUnsafe(ref source, (nuint)i), Vector512.LoadUnsafe(ref target, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < x.Length; i++)
        {
            y[i] = MathF.FusedMultiplyAdd(factor, x[i], y[i]);
        }
    }

    /// <summary>Sum of products, in double precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        int width = Vector256<double>.Count;
        Vector256<double> even = Vector256<double>.Zero;
        Vector256<double> odd = Vector256<double>.Zero;
        int i = 0;
        for (; i <= x.Length - (2 * width); i += 2 * width)
        {
            even = Vector256.FusedMultiplyAdd(Vector256.Create(x[i..]), Vector256.Create(y[i..]), even);
            odd = Vector256.FusedMultiplyAdd(Vector256.Create(x[(i + width)..]), Vector256.Create(y[(i + width)..]), odd);
        }

        double sum = Vector256.Sum(even + odd);
        for (; i < x.Length; i++)
        {
            sum = Math.FusedMultiplyAdd(x[i], y[i], sum);
        }

        return sum;
    }

    /// <summary>Sum of products of single-precision numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        int width = Vector256<float>.Count;
        Vector256<float> even = Vector256<float>.Zero;
        Vector256<float> odd = Vector256<float>.Zero;
        int i = 0;
        for (; i <= x.Length - (2 * width); i += 2 * width)
        {
            even = Vector256.FusedMultiplyAdd(Vector256.Create(x[i..]), Vector256.Create(y[i..]), even);
            odd = Vector256.FusedMultiplyAdd(Vector256.Create(x[(i + width)..]), Vector256.Create(y[(i + width)..]), odd);
        }

        double sum = Vector256.Sum(even + odd);
        for (; i < x.Length; i++)
        {
            sum += (double)x[i] * y[i];
        }

        return sum;
    }

    /// <summary>As <see cref="Dot(ReadOnlySpan{float}, ReadOnlySpan{float})"/>, with products in double precision, too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double WideDot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        int width = Vector512<double>.Count;
        Vector512<double> sums = Vector512<double>.Zero;
        int i = 0;
        for (; i <= x.Length - width; i += width)
        {
            sums += Wide(x, i) * Wide(y, i);
        }

        double sum = Vector512.Sum(sums);
        for (; i < x.Length; i++)
        {
            sum += (double)x[i] * y[i];
        }

        return sum;
    }

    /// <summary>Eight numbers from a place on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Wide(ReadOnlySpan<float> x, int first)
    {
        (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Vector256.Create(x[first..]));
        return Vector512.Create(low, high);
    }

    /// <summary>Some rows in panels of <paramref name="width"/> columns, a row after the other; zeros beyond the last column.</summary>
    private static void Pack(ReadOnlySpan<float> matrix, int columns, int first, int count, int width, Span<float> panels)
    {
        for (int c = 0, panel = 0; c < columns; c += width, panel += Chunk * width)
        {
            int valid = Math.Min(width, columns - c);
            for (int r = 0; r < count; r++)
            {
                Span<float> target = panels.Slice(panel + (r * width), width);
                matrix.Slice(((first + r) * columns) + c, valid).CopyTo(target);
                target[valid..].Clear();
            }
        }
    }

    /// <summary>Sum of single-precision numbers, in double precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Sum(ReadOnlySpan<float> x)
    {
        int width = Vector256<float>.Count;
        Vector256<double> even = Vector256<double>.Zero;
        Vector256<double> odd = Vector256<double>.Zero;
        int i = 0;
        for (; i <= x.Length - width; i += width)
        {
            (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Vector256.Create(x[i..]));
            even += low;
            odd += high;
        }

        double sum = Vector256.Sum(even + odd);
        for (; i < x.Length; i++)
        {
            sum += x[i];
        }

        return sum;
    }

    /// <summary>Adds the product of two panels to a tile of 6 × 16 sums.</summary>
    /// <param name="a">[rows, 6].</param>
    /// <param name="b">[rows, 16].</param>
    /// <param name="stride">Of the sums, from row to row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> sums, int stride)
    {
        ref float x = ref MemoryMarshal.GetReference(a);
        ref float y = ref MemoryMarshal.GetReference(b);
        Vector256<float> s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default;
        Vector256<float> s30 = default, s31 = default, s40 = default, s41 = default, s50 = default, s51 = default;
        int rows = a.Length / TileRows;
        for (int r = 0; r < rows; r++)
        {
            nuint at = (nuint)(r * TileColumns);
            Vector256<float> low = Vector256.LoadUnsafe(ref y, at);
            Vector256<float> high = Vector256.LoadUnsafe(ref y, at + 8);
            ref float left = ref Unsafe.Add(ref x, r * TileRows);
            Add(ref s00, ref s01, left, low, high);
            Add(ref s10, ref s11, Unsafe.Add(ref left, 1), low, high);
            Add(ref s20, ref s21, Unsafe.Add(ref left, 2), low, high);
            Add(ref s30, ref s31, Unsafe.Add(ref left, 3), low, high);
            Add(ref s40, ref s41, Unsafe.Add(ref left, 4), low, high);
            Add(ref s50, ref s51, Unsafe.Add(ref left, 5), low, high);
        }

        Store(sums, s00, s01);
        Store(sums[stride..], s10, s11);
        Store(sums[(2 * stride)..], s20, s21);
        Store(sums[(3 * stride)..], s30, s31);
        Store(sums[(4 * stride)..], s40, s41);
        Store(sums[(5 * stride)..], s50, s51);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref Vector256<float> low, ref Vector256<float> high, float factor, Vector256<float> x, Vector256<float> y)
    {
        Vector256<float> f = Vector256.Create(factor);
        low = Vector256.FusedMultiplyAdd(f, x, low);
        high = Vector256.FusedMultiplyAdd(f, y, high);
    }

    private static void Store(Span<float> sums, Vector256<float> low, Vector256<float> high)
    {
        (Vector256.Create<float>(sums) + low).CopyTo(sums);
        (Vector256.Create<float>(sums[8..]) + high).CopyTo(sums[8..]);
    }
}
