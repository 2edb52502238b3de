using System.IO.Compression;
using SgsIpu.Core;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>Archives of arrays as NumPy's savez and savez_compressed write them: a zip of .npy files.</summary>
public static class NpzFile
{
    /// <summary>Bytes of all arrays together at most: what a hostile file can make us hold.</summary>
    private const long Largest = 1L << 31;

    private const string Extension = ".npy";

    /// <summary>The arrays by name.</summary>
    /// <param name="name">For messages.</param>
    /// <exception cref="IpuException">The bytes are no such archive (id <c>NpzDamaged</c>), it is too large (<c>FileTooLarge</c>), or one of its arrays is damaged (<c>NpyDamaged</c>).</exception>
    public static IReadOnlyDictionary<string, Tensor> Read(byte[] file, string name)
    {
        ArgumentNullException.ThrowIfNull(file);
        var arrays = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        long left = Largest;
        try
        {
            using var zip = new ZipArchive(new MemoryStream(file, writable: false));
            foreach (ZipArchiveEntry entry in zip.Entries.Where(e => e.FullName.EndsWith(Extension, StringComparison.Ordinal)))
            {
                // The length in the directory may be a lie; the stream is cut off where it says.
                left -= entry.Length;
                if (left < 0 || entry.Length > Array.MaxLength)
                {
                    throw new IpuException("FileTooLarge", $"'{name}' unpacks to more than {Largest} bytes", IpuErrorKind.InvalidFile) { Target = name };
                }

                var bytes = new byte[entry.Length];
                using Stream stream = entry.Open();
                stream.ReadExactly(bytes);
                arrays[entry.FullName[..^Extension.Length]] = NpyFile.Read(bytes, $"{name}:{entry.FullName}");
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new IpuException("NpzDamaged", $"'{name}' is no .npz archive, or damaged: {e.Message}", IpuErrorKind.InvalidFile, e) { Target = name };
        }

        return arrays;
    }
}
