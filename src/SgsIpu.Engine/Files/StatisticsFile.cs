using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Compression;
using System.Security.Cryptography;
using SgsIpu.Core;
using SgsIpu.Engine.Quantization;

namespace SgsIpu.Engine.Files;

/// <summary>
/// Statistics as a file: 8 bytes <c>SGSSTATS</c>, version, length of the content, the content compressed (Deflate), SHA-256 of all before.
/// Tensors come in the order of their names and samples in that of their hashes, so that the same statistics are the same bytes.
/// </summary>
public static class StatisticsFile
{
    private const int Version = 3;
    private const int HeaderBytes = 16;

    /// <summary>Length of the content at most: what a hostile file can make us hold.</summary>
    private const int LargestContent = 1 << 30;

    private static ReadOnlySpan<byte> Magic => "SGSSTATS"u8;

    /// <summary>The bytes of a file.</summary>
    public static byte[] Write(CalibrationStatistics statistics)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        using var content = new MemoryStream();
        using (var writer = new BinaryWriter(content, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(statistics.Model);
            writer.Write(statistics.Fingerprint);
            writer.Write(statistics.Tensors.Count);
            foreach (ActivationStatistics tensor in statistics.Tensors.Values.OrderBy(t => t.Tensor, StringComparer.Ordinal))
            {
                tensor.Write(writer);
            }

            statistics.Held.Write(writer);
        }

        using var file = new MemoryStream();
        file.Write(Magic);
        Span<byte> numbers = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(numbers, Version);
        BinaryPrimitives.WriteInt32LittleEndian(numbers[4..], checked((int)content.Length));
        file.Write(numbers);
        using (var deflate = new DeflateStream(file, CompressionLevel.Fastest, leaveOpen: true))
        {
            content.Position = 0;
            content.CopyTo(deflate);
        }

        file.Write(SHA256.HashData(file.GetBuffer().AsSpan(0, (int)file.Length)));
        return file.ToArray();
    }

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="name">For messages.</param>
    /// <exception cref="IpuException">The file is none of these (id <c>StatisticsFormat</c>), of a later version (<c>StatisticsVersion</c>), or damaged (<c>StatisticsDamaged</c>).</exception>
    public static CalibrationStatistics Read(byte[] file, string name)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Length < HeaderBytes + SHA256.HashSizeInBytes || !file.AsSpan(0, Magic.Length).SequenceEqual(Magic))
        {
            throw new IpuException("StatisticsFormat", $"'{name}' holds no calibration statistics", IpuErrorKind.InvalidFile) { Target = name };
        }

        int version = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(8));
        if (version != Version)
        {
            throw new IpuException("StatisticsVersion", $"'{name}' is version {version} of statistics; this tool reads version {Version}", IpuErrorKind.NotSupported) { Target = name };
        }

        int body = file.Length - SHA256.HashSizeInBytes;
        if (!SHA256.HashData(file.AsSpan(0, body)).AsSpan().SequenceEqual(file.AsSpan(body)))
        {
            throw Damaged(name, "its checksum does not match");
        }

        try
        {
            byte[] content = Inflate(file, body, BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(12)), name);
            using var reader = new BinaryReader(new MemoryStream(content), System.Text.Encoding.UTF8);
            string model = reader.ReadString();
            string fingerprint = reader.ReadString();
            int count = reader.ReadInt32();
            var tensors = new Dictionary<string, ActivationStatistics>(StringComparer.Ordinal);
            for (int i = 0; i < count; i++)
            {
                ActivationStatistics tensor = ActivationStatistics.Read(reader);
                if (!tensors.TryAdd(tensor.Tensor, tensor))
                {
                    throw Damaged(name, $"tensor '{tensor.Tensor}' stands in it twice");
                }
            }

            HeldSamples held = HeldSamples.Read(reader);
            return reader.BaseStream.Position == reader.BaseStream.Length
                ? new CalibrationStatistics(model, fingerprint, tensors, held)
                : throw Damaged(name, "there is more behind its end");
        }
        catch (EndOfStreamException e)
        {
            throw Damaged(name, "it ends too early", e);
        }
        catch (InvalidDataException e)
        {
            throw Damaged(name, e.Message, e);
        }
        catch (FormatException e)
        {
            throw Damaged(name, e.Message, e);
        }
        catch (ArgumentException e)
        {
            throw Damaged(name, "its text is no UTF-8", e);
        }
    }

    /// <summary>The content, in memory that grows with what is there, not with what is claimed.</summary>
    private static byte[] Inflate(byte[] file, int body, int length, string name)
    {
        if (length is < 0 or > LargestContent)
        {
            throw Damaged(name, $"it claims {length} bytes; such a file has at most {LargestContent}");
        }

        using var deflate = new DeflateStream(new MemoryStream(file, HeaderBytes, body - HeaderBytes), CompressionMode.Decompress);
        using var content = new MemoryStream();
        var part = new byte[1 << 16];
        for (int read; (read = deflate.Read(part)) > 0;)
        {
            content.Write(part.AsSpan(0, read));
            if (content.Length > length)
            {
                throw Damaged(name, "it holds more than it claims");
            }
        }

        return content.Length == length ? content.ToArray() : throw Damaged(name, "it holds less than it claims");
    }

    private static IpuException Damaged(string name, string why, Exception? inner = null) =>
        new("StatisticsDamaged", $"the statistics '{name}' are damaged: {why}", IpuErrorKind.InvalidFile, inner) { Target = name };
}
