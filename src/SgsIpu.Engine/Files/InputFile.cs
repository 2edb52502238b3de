using Microsoft.Win32.SafeHandles;
using SgsIpu.Core;

namespace SgsIpu.Engine.Files;

/// <summary>Reads files that a user names.</summary>
public static class InputFile
{
    private const int PartBytes = 1 << 20;

    /// <summary><see cref="Array.MaxLength"/>, which is no constant.</summary>
    private const int LongestArray = 0x7FFFFFC7;

    /// <summary>The whole file.</summary>
    /// <param name="limit">Bytes that such a file has at most.</param>
    /// <exception cref="IpuException">There is none (<c>FileNotFound</c>), it is larger (<c>FileTooLarge</c>), or it cannot be read (<c>FileUnreadable</c>).</exception>
    public static byte[] Read(string path, long limit = LongestArray)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                throw new IpuException("FileNotFound", $"there is no file '{path}'", IpuErrorKind.NotFound) { Target = path };
            }

            return file.Length <= limit
                ? ReadParts(path, file.Length)
                : throw new IpuException("FileTooLarge", $"'{path}' has {file.Length} bytes; such a file has at most {limit}", IpuErrorKind.InvalidFile) { Target = path };
        }
        catch (IOException e)
        {
            throw Unreadable(path, e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw Unreadable(path, e);
        }
    }

    /// <summary>Large files in several parts at once: memory is handed out by the page, which takes as long as the copy.</summary>
    private static byte[] ReadParts(string path, long length)
    {
        if (length < 2 * PartBytes)
        {
            return File.ReadAllBytes(path);
        }

        using SafeFileHandle handle = File.OpenHandle(path);
        byte[] content = GC.AllocateUninitializedArray<byte>((int)length);
        ParallelWork.For((content.Length + PartBytes - 1) / PartBytes, Environment.ProcessorCount, Part, CancellationToken.None);
        return content;

        void Part(int part)
        {
            int end = Math.Min(content.Length, (part + 1) * PartBytes);
            for (int at = part * PartBytes; at < end;)
            {
                int read = RandomAccess.Read(handle, content.AsSpan(at, end - at), at);
                at += read > 0 ? read : throw new IOException("it became shorter while it was read");
            }
        }
    }

    private static IpuException Unreadable(string path, Exception e) =>
        new("FileUnreadable", $"'{path}' cannot be read: {e.Message}", IpuErrorKind.IO, e) { Target = path };
}
