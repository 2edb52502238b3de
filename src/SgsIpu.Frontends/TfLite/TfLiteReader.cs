using SgsIpu.Core;

namespace SgsIpu.Frontends.TfLite;

/// <summary>Reads TFLite models (FlatBuffers with the identifier TFL3, schema version 3).</summary>
public static class TfLiteReader
{
    /// <exception cref="IpuException">The file is damaged, truncated or of another kind, or what it holds is not supported.</exception>
    public static SourceGraph Read(string path)
    {
        try
        {
            return Read(File.ReadAllBytes(path), path);
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

    /// <summary>Reads a model from memory.</summary>
    /// <param name="name">Stands for the file name in messages.</param>
    public static SourceGraph Read(ReadOnlyMemory<byte> bytes, string name)
    {
        if (!TfLiteMetadata.IsTfLite(bytes.Span))
        {
            throw new IpuException("TfLiteDamaged", $"'{name}' is no TFLite FlatBuffer: the identifier TFL3 is missing") { Target = name };
        }

        try
        {
            return new TfLiteGraphReader(name, bytes).Read();
        }
        catch (IpuException e) when (e.Target is null)
        {
            throw new IpuException(e.ErrorId, $"'{name}' is damaged: {e.Message}", e.Kind, e) { Target = name };
        }
    }

    private static IpuException Unreadable(string path, Exception e) =>
        new("FileUnreadable", $"'{path}' cannot be read: {e.Message}", IpuErrorKind.IO, e) { Target = path };
}
