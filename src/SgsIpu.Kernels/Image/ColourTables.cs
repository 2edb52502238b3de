using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SgsIpu.Kernels.Image;

/// <summary>Pixels of bytes through a table for each of three channels.</summary>
public static class ColourTables
{
    /// <summary>Maps the rows of an image.</summary>
    /// <param name="x">Rows of <paramref name="rowBytes"/> bytes.</param>
    /// <param name="rows">Rows of the output, one below the other.</param>
    /// <param name="threads">Threads to use at most.</param>
    public static unsafe void Map<T>(ReadOnlySpan<byte> x, int rowBytes, int pixelBytes, (int First, int Second, int Third) order, T[] tables, Span<T> y, int rows, int threads)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(tables);
        ArgumentOutOfRangeException.ThrowIfLessThan(x.Length, rows * rowBytes, nameof(x));
        fixed (byte* px = x)
        fixed (T* py = y)
        {
            var work = new Rows<T>((nint)px, rowBytes, pixelBytes, order, tables, (nint)py, rows == 0 ? 0 : y.Length / rows);
            Workers.Run(rows, threads, work, Rows<T>.Body);
        }
    }

    /// <summary>Maps a row of pixels.</summary>
    /// <param name="x">Pixels of <paramref name="pixelBytes"/> bytes.</param>
    /// <param name="order">The byte of a pixel that each output channel comes from.</param>
    /// <param name="tables">256 values for each output channel.</param>
    /// <param name="y">Three elements a pixel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Map<T>(ReadOnlySpan<byte> x, int pixelBytes, (int First, int Second, int Third) order, ReadOnlySpan<T> tables, Span<T> y)
        where T : unmanaged
    {
        int pixels = y.Length / 3;
        if (pixels == 0)
        {
            return;
        }

        // All that is read below lies within these.
        _ = x[((pixels - 1) * pixelBytes) + Math.Max(order.First, Math.Max(order.Second, order.Third))];
        _ = tables[(3 * 256) - 1];
        ref byte from = ref MemoryMarshal.GetReference(x);
        ref T table = ref MemoryMarshal.GetReference(tables);
        ref T to = ref MemoryMarshal.GetReference(y);
        (nint first, nint second, nint third) = order;
        for (nint i = 0; i < pixels; i++)
        {
            T a = Unsafe.Add(ref table, (nint)Unsafe.Add(ref from, first));
            T b = Unsafe.Add(ref table, 256 + (nint)Unsafe.Add(ref from, second));
            T c = Unsafe.Add(ref table, 512 + (nint)Unsafe.Add(ref from, third));
            to = a;
            Unsafe.Add(ref to, 1) = b;
            Unsafe.Add(ref to, 2) = c;
            from = ref Unsafe.Add(ref from, pixelBytes);
            to = ref Unsafe.Add(ref to, 3);
        }
    }

    private readonly record struct Rows<T>(nint X, int RowBytes, int PixelBytes, (int First, int Second, int Third) Order, T[] Tables, nint Y, int RowElements)
        where T : unmanaged
    {
        public static readonly Action<Rows<T>, int, int> Body = static (r, first, end) => r.Run(first, end);

        private unsafe void Run(int first, int end)
        {
            for (int row = first; row < end; row++)
            {
                Map(new ReadOnlySpan<byte>((byte*)X + ((nint)row * RowBytes), RowBytes), PixelBytes, Order, Tables, new Span<T>((T*)Y + ((nint)row * RowElements), RowElements));
            }
        }
    }
}
