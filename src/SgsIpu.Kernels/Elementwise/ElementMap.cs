namespace SgsIpu.Kernels.Elementwise;

/// <summary>A function of each element by itself, over runs of elements that may be computed at once.</summary>
public abstract class ElementMap
{
    /// <summary>Elements below which a second thread costs more than it gains.</summary>
    private const int LeastForThreads = 1 << 14;

    /// <summary>Elements in a row that one thread takes: no two threads write to one cache line.</summary>
    private const int Grain = 256;

    private static readonly Action<(ElementMap Self, nint X, nint Y, int Count), int, int> Body = static (s, first, end) => s.Self.Part(s.X, s.Y, first * Grain, Math.Min(end * Grain, s.Count));

    /// <summary>Bytes of an element of the input and of the output.</summary>
    protected abstract (int X, int Y) Sizes { get; }

    /// <summary>Computes all elements of the output.</summary>
    /// <param name="threads">Threads to use at most.</param>
    public unsafe void Run(ReadOnlySpan<byte> x, Span<byte> y, int threads = 1)
    {
        int count = y.Length / Sizes.Y;
        Prepare(count);
        if (threads <= 1 || count < LeastForThreads)
        {
            Map(x, y, 0);
            return;
        }

        fixed (byte* px = x, py = y)
        {
            Workers.Run((count + Grain - 1) / Grain, threads, (this, (nint)px, (nint)py, count), Body);
        }
    }

    /// <summary>Called once before the elements of a run.</summary>
    protected virtual void Prepare(int count)
    {
    }

    /// <summary>Computes a run of elements.</summary>
    /// <param name="first">The position of the run's first element in the tensor.</param>
    protected abstract void Map(ReadOnlySpan<byte> x, Span<byte> y, int first);

    private unsafe void Part(nint x, nint y, int first, int end) =>
        Map(new ReadOnlySpan<byte>((byte*)x + (first * Sizes.X), (end - first) * Sizes.X), new Span<byte>((byte*)y + (first * Sizes.Y), (end - first) * Sizes.Y), first);
}
