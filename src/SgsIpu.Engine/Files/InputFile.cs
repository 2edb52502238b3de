using SgsIpu.Core;

namespace SgsIpu.Engine.Files;

/// <summary>Reads files that a user names.</summary>
public static class InputFile
{
    /// <summary>The whole file.</summary>
    /// <param name="limit">Bytes that such a file has at most.</param>
    /// <exception cref="IpuException">There is none (<c>FileNotFound</c>), it is larger (<c>FileTooLarge</c>), or it cannot be read (<c>FileUnreadable</c>).</exception>
    public static byte[] Read(string path, long limit = int.MaxValue)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                throw new IpuException("FileNotFound", $"there is no file '{path}'", IpuErrorKind.NotFound) { Target = path };
            }

            return file.Length <= limit
                ? File.ReadAllBytes(path)
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

    private static IpuException Unreadable(string path, Exception e) =>
        new("FileUnreadable", $"'{path}' cannot be read: {e.Message}", IpuErrorKind.IO, e) { Target = path };
}
