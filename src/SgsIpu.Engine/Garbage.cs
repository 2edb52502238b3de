using System.Runtime.InteropServices;

namespace SgsIpu.Engine;

/// <summary>
/// Weights of large networks are copied in many forms that are soon forgotten. Where memory is plenty, the garbage collector lets gigabytes of
/// them gather, beside what native sessions hold, and the C library keeps what sessions gave back.
/// </summary>
internal static unsafe class Garbage
{
    /// <summary>Bytes that may gather; small networks never reach it.</summary>
    private const long Tolerated = 256L << 20;

    /// <summary>Hands free memory of the C library back to the system, where that is glibc; null elsewhere.</summary>
    private static readonly delegate* unmanaged<nuint, int> Trim =
        NativeLibrary.TryLoad("libc.so.6", out nint library) && NativeLibrary.TryGetExport(library, "malloc_trim", out nint trim) ? (delegate* unmanaged<nuint, int>)trim : null;

    private static long _limit = Tolerated;
    private static long _released;

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

    /// <summary>Notes that native sessions gave memory back, and passes it on where it is much. Safe from several threads.</summary>
    public static void Released(long bytes)
    {
        if (Trim is not null && Interlocked.Add(ref _released, bytes) > Tolerated)
        {
            Interlocked.Exchange(ref _released, 0);
            Trim(0);
        }
    }
}
