using System.IO.Hashing;
using SgsIpu.Core;

namespace SgsIpu.Engine.Compilation;

/// <summary>
/// The layout of <c>.img</c> files, which <c>about_SgsIpu_Image</c> documents: a header of 64 bytes, a table of sections, sections.
/// Numbers are little-endian.
/// </summary>
internal static class ImageLayout
{
    /// <summary>The version that is written. A reader refuses any other.</summary>
    public const uint Version = 5;

    public const int HeaderBytes = 64;

    /// <summary>Offsets in the header: version, number of sections, length of the file, <see cref="Digest"/>.</summary>
    public const int VersionAt = 8;
    public const int SectionCountAt = 12;
    public const int FileLengthAt = 16;
    public const int DigestAt = 32;
    public const int DigestBytes = 16;

    /// <summary>An entry of the table: name in ASCII, padded with zeros; offset; length.</summary>
    public const int EntryBytes = 32;
    public const int EntryNameBytes = 16;
    public const int EntryOffsetAt = 16;
    public const int EntryLengthAt = 24;

    public const string ModelSection = "model";
    public const string ConfigSection = "config";
    public const string GraphSection = "graph";
    public const string PlanSection = "plan";
    public const string DataSection = "data";

    /// <summary>Like PNG's: not text, and damaged by a transfer as text.</summary>
    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'S', (byte)'G', (byte)'S', (byte)'I', (byte)'M', (byte)'G', (byte)'\n'];

    /// <summary>True for the beginning of an image, whatever its version.</summary>
    public static bool IsImage(ReadOnlySpan<byte> bytes) => bytes.StartsWith(Magic);

    /// <summary>
    /// XXH128 of the file (Y. Collet, "xxHash fast digest algorithm"); the digest's own bytes count as 0. It is there against damage, not against forgers, and is faster than the file
    /// is read.
    /// </summary>
    public static byte[] Digest(ReadOnlySpan<byte> file)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        file[..HeaderBytes].CopyTo(header);
        header.Slice(DigestAt, DigestBytes).Clear();
        var hash = new XxHash128();
        hash.Append(header);
        hash.Append(file[HeaderBytes..]);
        return hash.GetCurrentHash();
    }

    public static IpuException Damaged(string path, string what) => new("ImageDamaged", $"'{path}' is damaged: {what}") { Target = path };
}
