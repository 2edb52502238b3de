namespace SgsIpu.Engine.Compilation;

/// <summary>Where one activation lies, and when.</summary>
/// <param name="Tensor">The tensor's name.</param>
/// <param name="Offset">First byte in the arena; a multiple of <see cref="MemoryPlanner.Alignment"/>, but for a part of another block.</param>
/// <param name="Size">Bytes that the tensor takes, not rounded up.</param>
/// <param name="First">The node (by position) that writes it; −1 for a graph input, which is there before the first node.</param>
/// <param name="Last">The last node that needs it; the number of nodes for a graph output, which is needed after the last one.</param>
public readonly record struct MemoryBlock(string Tensor, long Offset, long Size, int First, int Last)
{
    /// <summary>True where both are needed while one node runs, or between nodes.</summary>
    public bool LivesWith(MemoryBlock other) => First <= other.Last && other.First <= Last;

    /// <summary>True where both share a byte of the arena.</summary>
    public bool Overlaps(MemoryBlock other) => Offset < other.Offset + other.Size && other.Offset < Offset + Size;
}
