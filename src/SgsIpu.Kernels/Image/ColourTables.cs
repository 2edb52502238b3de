using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SgsIpu.Kernels.Image;

/// <summary>Pixels of bytes through a table for each of three channels.</summary>
public static class ColourTables
{
    private const int Lanes = 64;

    /// <summary>Maps the rows of an image.</summary>
    /// <param name="x">Rows of <paramref name="rowBytes"/> bytes.</param>
    /// <param name="rows">Rows of the output, one below the other.</param>
    /// <param name="threads">Threads to use at most.</param>
    public static unsafe void Map<T>(ReadOnlySpan<byte> x, int rowBytes, int pixelBytes, (int First, int Second, int Third) order, T[] tables, Span<T> y, int rows, KernelForm form, int threads)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(tables);
        ArgumentOutOfRangeException.ThrowIfLessThan(x.Length, rows * rowBytes, nameof(x));
        fixed (byte* px = x)
        fixed (T* py = y)
        {
            var work = new Rows<T>((nint)px, rowBytes, pixelBytes, order, tables, (nint)py, rows == 0 ? 0 : y.Length / rows, form);
            Workers.Run(rows, threads, work, Rows<T>.Body);
        }
    }

    /// <summary>Maps a row of pixels.</summary>
    /// <param name="x">Pixels of <paramref name="pixelBytes"/> bytes.</param>
    /// <param name="order">The byte of a pixel that each output channel comes from.</param>
    /// <param name="tables">256 values for each output channel.</param>
    /// <param name="y">Three elements a pixel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Map<T>(ReadOnlySpan<byte> x, int pixelBytes, (int First, int Second, int Third) order, ReadOnlySpan<T> tables, Span<T> y, KernelForm form)
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
        int done = typeof(T) == typeof(byte) && form >= KernelForm.V512 && Avx512Vbmi.IsSupported
            ? Vectors(x, pixelBytes, order, MemoryMarshal.AsBytes(tables), MemoryMarshal.AsBytes(y))
            : 0;
        ref byte from = ref Unsafe.Add(ref MemoryMarshal.GetReference(x), done * pixelBytes);
        ref T table = ref MemoryMarshal.GetReference(tables);
        ref T to = ref Unsafe.Add(ref MemoryMarshal.GetReference(y), done * 3);
        (nint first, nint second, nint third) = order;
        for (nint i = done; i < pixels; i++)
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

    /// <summary>
    /// The pixels of a vector at once: their bytes are put in order, then each channel's table, which fills four vectors, is read for all of
    /// them. Returns the pixels done.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int Vectors(ReadOnlySpan<byte> x, int pixelBytes, (int First, int Second, int Third) order, ReadOnlySpan<byte> tables, Span<byte> y)
    {
        int pixels = Lanes / Math.Max(pixelBytes, 3);
        Span<byte> places = stackalloc byte[Lanes];
        Span<byte> channels = stackalloc byte[Lanes];
        for (int i = 0; i < 3 * pixels; i++)
        {
            channels[i] = (byte)(i % 3);
            places[i] = (byte)((i / 3 * pixelBytes) + (i % 3) switch { 0 => order.First, 1 => order.Second, _ => order.Third });
        }

        Vector512<byte> place = Vector512.Create<byte>(places);
        Vector512<byte> isSecond = Vector512.Equals(Vector512.Create<byte>(channels), Vector512<byte>.One);
        Vector512<byte> isThird = Vector512.Equals(Vector512.Create<byte>(channels), Vector512.Create((byte)2));
        ref byte table = ref MemoryMarshal.GetReference(tables);
        ref byte from = ref MemoryMarshal.GetReference(x);
        ref byte to = ref MemoryMarshal.GetReference(y);
        Vector512<byte> a0 = Vector512.LoadUnsafe(ref table, 0), a1 = Vector512.LoadUnsafe(ref table, 64), a2 = Vector512.LoadUnsafe(ref table, 128), a3 = Vector512.LoadUnsafe(ref table, 192);
        Vector512<byte> b0 = Vector512.LoadUnsafe(ref table, 256), b1 = Vector512.LoadUnsafe(ref table, 320), b2 = Vector512.LoadUnsafe(ref table, 384), b3 = Vector512.LoadUnsafe(ref table, 448);
        Vector512<byte> c0 = Vector512.LoadUnsafe(ref table, 512), c1 = Vector512.LoadUnsafe(ref table, 576), c2 = Vector512.LoadUnsafe(ref table, 640), c3 = Vector512.LoadUnsafe(ref table, 704);
        int pixel = 0;
        for (; (pixel * pixelBytes) + Lanes <= x.Length && (pixel * 3) + Lanes <= y.Length; pixel += pixels)
        {
            Vector512<byte> v = Avx512Vbmi.PermuteVar64x8(Vector512.LoadUnsafe(ref from, (nuint)(pixel * pixelBytes)), place);
            Vector512<byte> isUpper = Vector512.LessThan(v.AsSByte(), Vector512<sbyte>.Zero).AsByte();
            Vector512<byte> first = Vector512.ConditionalSelect(isUpper, Avx512Vbmi.PermuteVar64x8x2(a2, v, a3), Avx512Vbmi.PermuteVar64x8x2(a0, v, a1));
            Vector512<byte> second = Vector512.ConditionalSelect(isUpper, Avx512Vbmi.PermuteVar64x8x2(b2, v, b3), Avx512Vbmi.PermuteVar64x8x2(b0, v, b1));
            Vector512<byte> third = Vector512.ConditionalSelect(isUpper, Avx512Vbmi.PermuteVar64x8x2(c2, v, c3), Avx512Vbmi.PermuteVar64x8x2(c0, v, c1));

            // What is stored beyond these pixels is written again.
            Vector512.ConditionalSelect(isThird, third, Vector512.ConditionalSelect(isSecond, second, first)).StoreUnsafe(ref to, (nuint)(pixel * 3));
        }

        return pixel;
    }

    private readonly record struct Rows<T>(nint X, int RowBytes, int PixelBytes, (int First, int Second, int Third) Order, T[] Tables, nint Y, int RowElements, KernelForm Form)
        where T : unmanaged
    {
        public static readonly Action<Rows<T>, int, int> Body = static (r, first, end) => r.Run(first, end);

        private unsafe void Run(int first, int end)
        {
            for (int row = first; row < end; row++)
            {
                Map(new ReadOnlySpan<byte>((byte*)X + ((nint)row * RowBytes), RowBytes), PixelBytes, Order, Tables, new Span<T>((T*)Y + ((nint)row * RowElements), RowElements), Form);
            }
        }
    }
}
