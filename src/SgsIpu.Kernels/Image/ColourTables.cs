using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SgsIpu.Kernels.Image;

/// <summary>Pixels of bytes through a table for each of three channels.</summary>
public static class ColourTables
{
    /// <summary>Maps a row of pixels.</summary>
    /// <param name="x">Pixels of <paramref name="pixelBytes"/> bytes.</param>
    /// <param name="order">The byte of a pixel that each output channel comes from.</param>
    /// <param name="tables">256 values for each output channel.</param>
    /// <param name="y">Three elements a pixel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
}
