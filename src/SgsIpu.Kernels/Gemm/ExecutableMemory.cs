using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SgsIpu.Kernels;

/// <summary>Machine code in pages of its own: written while they are not executable, executable once they are not writable.</summary>
internal sealed unsafe partial class ExecutableMemory : SafeHandleZeroOrMinusOneIsInvalid
{
    private const int ReadWrite = 1 | 2;
    private const int ReadExecute = 1 | 4;
    private const int MapPrivate = 2;
    private const int MapAnonymousLinux = 0x20;
    private const int MapAnonymousBsd = 0x1000;
    private const uint WindowsCommitReserve = 0x3000;
    private const uint WindowsRelease = 0x8000;
    private const uint WindowsReadWrite = 0x04;
    private const uint WindowsReadExecute = 0x20;

    private nuint _length;

    private ExecutableMemory()
        : base(ownsHandle: true)
    {
    }

    /// <summary>Where the code starts.</summary>
    public nint Address => handle;

    /// <summary>The code in executable memory, or null where the system refuses such memory.</summary>
    public static ExecutableMemory? TryCreate(ReadOnlySpan<byte> code)
    {
        var memory = new ExecutableMemory { _length = (nuint)code.Length };
        memory.SetHandle(OperatingSystem.IsWindows()
            ? VirtualAlloc(0, memory._length, WindowsCommitReserve, WindowsReadWrite)
            : Map(0, memory._length, ReadWrite, MapPrivate | (OperatingSystem.IsLinux() ? MapAnonymousLinux : MapAnonymousBsd), -1, 0));
        if (memory.IsInvalid)
        {
            memory.Dispose();
            return null;
        }

        code.CopyTo(new Span<byte>((void*)memory.handle, code.Length));
        bool executable = OperatingSystem.IsWindows()
            ? VirtualProtect(memory.handle, memory._length, WindowsReadExecute, out _) != 0
            : Protect(memory.handle, memory._length, ReadExecute) == 0;
        if (!executable)
        {
            memory.Dispose();
            return null;
        }

        return memory;
    }

    protected override bool ReleaseHandle() => OperatingSystem.IsWindows() ? VirtualFree(handle, 0, WindowsRelease) != 0 : Unmap(handle, _length) == 0;

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("kernel32")]
    private static partial nint VirtualAlloc(nint address, nuint size, uint type, uint protection);

    [LibraryImport("kernel32")]
    private static partial int VirtualProtect(nint address, nuint size, uint protection, out uint old);

    [LibraryImport("kernel32")]
    private static partial int VirtualFree(nint address, nuint size, uint type);
}
