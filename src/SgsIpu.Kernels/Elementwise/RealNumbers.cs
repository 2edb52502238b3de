using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>Real numbers of integers.</summary>
public static class RealNumbers
{
    private const int Lanes = 8;

    /// <summary>Elements in a row that one thread takes.</summary>
    private const int Grain = 1 << 14;

    /// <summary>Computes <c>y = s · (x − z)</c>, the product in double precision, then rounded once.</summary>
    /// <typeparam name="T">UINT8 or INT16.</typeparam>
    /// <param name="threads">Threads to use at most.</param>
    public static unsafe void Of<T>(ReadOnlySpan<T> x, int zero, double scale, Span<float> y, int threads)
        where T : unmanaged, IBinaryInteger<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(x.Length, y.Length, nameof(x));
        fixed (T* from = x)
        fixed (float* to = y)
        {
            Workers.Run((y.Length + Grain - 1) / Grain, threads, ((nint)from, zero, scale, (nint)to, y.Length), static (s, first, end) =>
                Run((T*)s.Item1, s.zero, s.scale, (float*)s.Item4, first * Grain, Math.Min(end * Grain, s.Length)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe void Run<T>(T* x, int zero, double scale, float* y, int i, int end)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (Avx512F.IsSupported)
        {
            Vector256<int> zeros = Vector256.Create(zero);
            Vector512<double> scales = Vector512.Create(scale);
            for (; i <= end - Lanes; i += Lanes)
            {
                Vector256<int> q = typeof(T) == typeof(byte) ? Avx2.ConvertToVector256Int32((byte*)x + i) : Avx2.ConvertToVector256Int32((short*)x + i);
                Avx512F.ConvertToVector256Single(Avx512F.ConvertToVector512Double(q - zeros) * scales).Store(y + i);
            }
        }

        for (; i < end; i++)
        {
            y[i] = (float)(scale * (int.CreateTruncating(x[i]) - zero));
        }
    }
}
