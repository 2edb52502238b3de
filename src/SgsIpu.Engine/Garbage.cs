namespace SgsIpu.Engine;

/// <summary>
/// Weights of large networks are copied in many forms that are soon forgotten. Where memory is plenty, the garbage collector lets gigabytes of
/// them gather, beside what native sessions hold.
/// </summary>
internal static class Garbage
{
    /// <summary>Bytes that may gather; small networks never reach it.</summary>
    private const long Tolerated = 256L << 20;

    private static long _limit = Tolerated;

    /// <summary>Collects where much has gathered since the last time. Safe from several threads.</summary>
    public static void Sweep()
    {
        if (GC.GetTotalMemory(false) > Interlocked.Read(ref _limit))
        {
            // Only this hands back what large arrays leave, which sessions may need.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            Interlocked.Exchange(ref _limit, GC.GetTotalMemory(false) + Tolerated);
        }
    }
}
