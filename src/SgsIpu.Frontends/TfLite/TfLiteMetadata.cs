using SgsIpu.Core;

namespace SgsIpu.Frontends.TfLite;

/// <summary>Reads of a TFLite file what it carries beside the graph: its buffers and named metadata.</summary>
public static class TfLiteMetadata
{
    /// <summary>True for the beginning of a TFLite file.</summary>
    public static bool IsTfLite(ReadOnlySpan<byte> file) => file.Length >= 8 && file[4..8].SequenceEqual("TFL3"u8);

    /// <summary>The pieces of metadata by name, and all buffers.</summary>
    /// <exception cref="IpuException">The file is damaged (id <c>TfLiteDamaged</c>).</exception>
    public static (IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Metadata, ReadOnlyMemory<byte>[] Buffers) Read(ReadOnlyMemory<byte> file)
    {
        if (!IsTfLite(file.Span))
        {
            throw new IpuException("TfLiteDamaged", "the file is no TFLite FlatBuffer: the identifier TFL3 is missing");
        }

        FlatTable root = FlatTable.Root(file);
        ReadOnlyMemory<byte>[] buffers = [.. root.Tables(4).Select(b => b.Bytes(0))];
        var metadata = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (FlatTable entry in root.Tables(6))
        {
            long buffer = entry.UInt(1);
            metadata[entry.Text(0)] = buffer < buffers.Length
                ? buffers[buffer]
                : throw new IpuException("TfLiteDamaged", $"metadata '{entry.Text(0)}' refers to buffer {buffer} of {buffers.Length}");
        }

        return (metadata, buffers);
    }
}
