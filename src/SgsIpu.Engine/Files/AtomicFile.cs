using SgsIpu.Core;

namespace SgsIpu.Engine.Files;

/// <summary>
/// Writes a file whole or not at all: into a temporary file in the same folder, flushed to the disk, then renamed over. Whatever
/// happens, the target is either what it was or complete, and the temporary file is gone.
/// </summary>
public static class AtomicFile
{
    /// <summary>ENOSPC and EDQUOT on Linux, ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL on Windows, as IOException carries them.</summary>
    private static readonly int[] DiskFull = [28, 122, unchecked((int)0x80070027), unchecked((int)0x80070070)];

    /// <summary>Writes bytes.</summary>
    /// <param name="overwrite">False refuses to replace a file (id <c>FileExists</c>).</param>
    /// <exception cref="IpuException">The target exists, is read-only or a folder, or writing failed; the target is untouched.</exception>
    public static void Write(string path, ReadOnlyMemory<byte> content, bool overwrite, CancellationToken cancellationToken = default) =>
        Write(path, stream => stream.Write(content.Span), overwrite, cancellationToken);

    /// <summary>Writes what a function puts into a stream.</summary>
    /// <param name="overwrite">False refuses to replace a file (id <c>FileExists</c>).</param>
    /// <exception cref="IpuException">The target exists, is read-only or a folder, or writing failed; the target is untouched.</exception>
    public static void Write(string path, Action<Stream> write, bool overwrite, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string full = Path.GetFullPath(path);
        Refuse(path, full, overwrite);
        cancellationToken.ThrowIfCancellationRequested();
        string temporary = Path.Combine(Path.GetDirectoryName(full)!, $".{Path.GetFileName(full)}.{Path.GetRandomFileName()}.tmp");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                write(stream);
                cancellationToken.ThrowIfCancellationRequested();
                stream.Flush(flushToDisk: true);
            }

            cancellationToken.ThrowIfCancellationRequested();
            File.Move(temporary, full, overwrite);
        }
        catch (DirectoryNotFoundException e)
        {
            throw Failure("FolderNotFound", path, $"the folder '{Path.GetDirectoryName(full)}' does not exist", IpuErrorKind.NotFound, e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw Failure("FileNotWritable", path, "the folder or the file cannot be written; check its permissions", IpuErrorKind.IO, e);
        }
        catch (IOException e) when (DiskFull.Contains(e.HResult))
        {
            throw Failure("DiskFull", path, "the disk is full", IpuErrorKind.IO, e);
        }
        catch (IOException e)
        {
            throw Failure("WriteFailed", path, e.Message, IpuErrorKind.IO, e);
        }
        finally
        {
            Remove(temporary);
        }
    }

    private static void Refuse(string path, string full, bool overwrite)
    {
        if (Directory.Exists(full))
        {
            throw Failure("FileNotWritable", path, "it is a folder; name a file in it", IpuErrorKind.InvalidArgument);
        }

        if (!File.Exists(full))
        {
            return;
        }

        if (!overwrite)
        {
            throw Failure("FileExists", path, "it exists already; remove it or ask to overwrite it", IpuErrorKind.InvalidArgument);
        }

        // Renaming over would replace it where the folder is writable, against what its owner asked for.
        if (File.GetAttributes(full).HasFlag(FileAttributes.ReadOnly))
        {
            throw Failure("FileNotWritable", path, "it is read-only", IpuErrorKind.IO);
        }
    }

    private static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (IOException)
        {
            // A folder that has become unwritable already gave the error that is on its way to the caller.
        }
        catch (UnauthorizedAccessException)
        {
            // Likewise.
        }
    }

    private static IpuException Failure(string id, string path, string why, IpuErrorKind kind, Exception? inner = null) =>
        new(id, $"'{path}' was not written: {why}", kind, inner) { Target = path };
}
