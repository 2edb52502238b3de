using System.Runtime.InteropServices;

namespace SgsIpu.Engine;

/// <summary>
/// While it is in use, the C library hands memory back to the system as soon as native code frees it, in place of keeping it for what comes next, between
/// pieces that are still in use. It takes a little more time. Where the C library is not glibc, nothing changes.
/// </summary>
internal sealed unsafe class LeanHeap : IDisposable
{
    /// <summary>Parameters of mallopt, from malloc.h.</summary>
    private const int TrimThreshold = -1;
    private const int MmapThreshold = -3;

    /// <summary>From this size on, pieces are the system's own: where glibc starts.</summary>
    private const int Small = 128 << 10;

    /// <summary>The sizes that glibc itself comes to while large pieces are freed.</summary>
    private const int LargestMmap = 32 << 20;
    private const int LargestTrim = 2 * LargestMmap;

    private static readonly delegate* unmanaged<int, int, int> SetOption =
        NativeLibrary.TryLoad("libc.so.6", out nint library) && NativeLibrary.TryGetExport(library, "mallopt", out nint option) ? (delegate* unmanaged<int, int, int>)option : null;

    private static readonly Lock Gate = new();
    private static int _users;
    private bool _isOpen = true;

    private LeanHeap()
    {
    }

    /// <summary>Until this and all others that were given out are disposed of.</summary>
    public static LeanHeap Use()
    {
        lock (Gate)
        {
            if (_users++ == 0)
            {
                Set(Small, Small);
            }
        }

        return new LeanHeap();
    }

    public void Dispose()
    {
        lock (Gate)
        {
            if (_isOpen && --_users == 0)
            {
                Set(LargestMmap, LargestTrim);
            }

            _isOpen = false;
        }
    }

    private static void Set(int mmap, int trim)
    {
        if (SetOption is not null)
        {
            SetOption(MmapThreshold, mmap);
            SetOption(TrimThreshold, trim);
        }
    }
}
