using System.Security.Cryptography;
using SgsIpu.Core;

namespace SgsIpu.Engine.Compilation;

/// <summary>
/// The layout of <c>.img</c> files, which <c>about_SgsIpu_Image</c> documents: a header of 64 bytes, a table of sections, sections.
/// Numbers are little-endian.
/// </summary>
internal static class ImageLayout
{
    /// <summary>The version that is written. A reader refuses any other.</summary>
    public const uint Version = 2;

    public const int HeaderBytes = 64;

    /// <summary>Offsets in the header: version, number of sections, length of the file, <see cref="Digest"/>.</summary>
    public const int VersionAt = 8;
    public const int SectionCountAt = 12;
    public const int FileLengthAt = 16;
    public const int DigestAt = 32;
    public const int DigestBytes = 32;

    /// <summary>An entry of the table: name in ASCII, padded with zeros; offset; length.</summary>
    public const int EntryBytes = 32;
    public const int EntryNameBytes = 16;
    public const int EntryOffsetAt = 16;
    public const int EntryLengthAt = 24;

    private const int DigestPiece = 256 * 1024;

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
    /// The SHA-256 of the SHA-256s of the file's pieces of 256 KiB, one after the other; the digest's own bytes count as 0. Pieces are
    /// hashed on several threads.
    /// </summary>
    public static byte[] Digest(ReadOnlyMemory<byte> file)
    {
        byte[] digests = new byte[(file.Length + DigestPiece - 1) / DigestPiece * DigestBytes];
        ParallelWork.For(
            digests.Length / DigestBytes,
            Environment.ProcessorCount,
            i =>
            {
                ReadOnlySpan<byte> piece = file.Span[(i * DigestPiece)..Math.Min(file.Length, (i + 1) * DigestPiece)];
                if (i == 0)
                {
                    byte[] head = piece.ToArray();
                    head.AsSpan(DigestAt, DigestBytes).Clear();
                    piece = head;
                }

                SHA256.HashData(piece, digests.AsSpan(i * DigestBytes, DigestBytes));
            },
            CancellationToken.None);
        return SHA256.HashData(digests);
    }

    public static IpuException Damaged(string path, string what) => new("ImageDamaged", $"'{path}' is damaged: {what}") { Target = path };
}
