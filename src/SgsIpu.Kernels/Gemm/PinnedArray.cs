namespace SgsIpu.Kernels;

/// <summary>Memory of a prepared kernel, of 0s at first, aligned to 64 bytes, that does not move. Valid while this object lives.</summary>
internal sealed unsafe class PinnedArray<T>
    where T : unmanaged
{
    private const int Alignment = 64;
    private readonly byte[] _memory;

    public PinnedArray(int length)
    {
        _memory = GC.AllocateArray<byte>(checked((length * sizeof(T)) + Alignment), pinned: true);
        Length = length;
        fixed (byte* start = _memory)
        {
            Pointer = (T*)(((nint)start + Alignment - 1) & -Alignment);
        }
    }

    public int Length { get; }

    public T* Pointer { get; }

    public Span<T> Span => new(Pointer, Length);
}
