namespace SgsIpu.Engine.Compilation;

/// <summary>Memory that is needed for some time.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="First">The first step that needs it.</param>
/// <param name="Last">The last step that needs it.</param>
public readonly record struct MemoryDemand(long Size, int First, int Last)
{
    /// <summary>True where both are needed at some step.</summary>
    public bool LivesWith(MemoryDemand other) => First <= other.Last && other.First <= Last;
}
