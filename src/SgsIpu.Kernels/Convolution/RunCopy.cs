using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SgsIpu.Kernels;

/// <summary>Copies many short runs of bytes of one length, at even distances. Parts of a run may be written twice; nothing beyond it is read or written.</summary>
public static unsafe class RunCopy
{
    /// <summary>Bytes below which a second thread costs more than it gains.</summary>
    private const int LeastForThreads = 1 << 16;

    private static readonly Action<Runs, int, int> Body = static (r, first, end) =>
        Copy((byte*)r.Source + (first * r.SourceStep), r.SourceStep, (byte*)r.Target + (first * r.TargetStep), r.TargetStep, end - first, r.Bytes);

    /// <summary>Copies runs from the start of a span to that of another.</summary>
    /// <param name="sourceStep">Bytes from a run to the next; also negative or 0, from <paramref name="start"/> on.</param>
    /// <param name="threads">Threads to use at most.</param>
    /// <exception cref="ArgumentOutOfRangeException">The runs are not within the spans.</exception>
    public static void Copy(ReadOnlySpan<byte> source, int start, int sourceStep, Span<byte> target, int targetStep, int count, int bytes, int threads = 1)
    {
        if (count == 0 || bytes == 0)
        {
            return;
        }

        long last = start + ((long)sourceStep * (count - 1));
        ArgumentOutOfRangeException.ThrowIfNegative(Math.Min(start, last), nameof(start));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Math.Max(start, last) + bytes, source.Length, nameof(source));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(((long)targetStep * (count - 1)) + bytes, target.Length, nameof(target));
        fixed (byte* from = source, to = target)
        {
            Workers.Run(count, (long)count * bytes < LeastForThreads ? 1 : threads, new Runs((nint)(from + start), sourceStep, (nint)to, targetStep, bytes), Body);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Copy(byte* source, nint sourceStep, byte* target, nint targetStep, int count, int bytes)
    {
        switch (bytes)
        {
            case >= 64:
                for (; count > 0; count--, source += sourceStep, target += targetStep)
                {
                    Long(source, target, bytes);
                }

                break;
            case >= 32:
                Two<Vector256<byte>>(source, sourceStep, target, targetStep, count, bytes);
                break;
            case >= 16:
                Two<Vector128<byte>>(source, sourceStep, target, targetStep, count, bytes);
                break;
            case >= 8:
                Two<ulong>(source, sourceStep, target, targetStep, count, bytes);
                break;
            case >= 4:
                Two<uint>(source, sourceStep, target, targetStep, count, bytes);
                break;
            case >= 2:
                Two<ushort>(source, sourceStep, target, targetStep, count, bytes);
                break;
            case 1:
                Two<byte>(source, sourceStep, target, targetStep, count, bytes);
                break;
        }
    }

    /// <summary>Runs of one to two times T: the second half overlaps the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Two<T>(byte* source, nint sourceStep, byte* target, nint targetStep, int count, int bytes)
        where T : unmanaged
    {
        nint second = bytes - sizeof(T);
        for (; count > 0; count--, source += sourceStep, target += targetStep)
        {
            T first = Unsafe.ReadUnaligned<T>(source);
            Unsafe.WriteUnaligned(target + second, Unsafe.ReadUnaligned<T>(source + second));
            Unsafe.WriteUnaligned(target, first);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Long(byte* source, byte* target, int bytes)
    {
        const int Step = 32;
        int i = 0;
        for (; i <= bytes - Step; i += Step)
        {
            Vector256.Load(source + i).Store(target + i);
        }

        if (i < bytes)
        {
            Vector256.Load(source + bytes - Step).Store(target + bytes - Step);
        }
    }

    private readonly record struct Runs(nint Source, nint SourceStep, nint Target, nint TargetStep, int Bytes);
}
