using System.Text;
using SgsIpu.Core;

namespace SgsIpu.Frontends.Caffe;

/// <summary>Reads Caffe networks: the layers in text form (<c>.prototxt</c>) and the weights in binary form (<c>.caffemodel</c>).</summary>
public static class CaffeReader
{
    /// <summary>A network of a thousand layers has less than a megabyte.</summary>
    private const int LargestText = 64 << 20;

    /// <param name="weightFile">The weights; those beside the prototxt under the same name where null, if there are any.</param>
    /// <exception cref="IpuException">A file is missing, damaged or of another kind.</exception>
    public static SourceGraph Read(string path, string? weightFile = null)
    {
        string? weights = weightFile ?? Beside(path);
        byte[] text = Bytes(path);
        return Read(text, path, weights is null ? default(ReadOnlyMemory<byte>?) : Bytes(weights), weights ?? "");
    }

    /// <summary>Reads a network from memory.</summary>
    /// <param name="name">Stands for the prototxt's file name in messages.</param>
    /// <param name="weights">The caffemodel, or null where there is none.</param>
    /// <param name="weightName">Stands for the caffemodel's file name in messages.</param>
    public static SourceGraph Read(ReadOnlyMemory<byte> text, string name, ReadOnlyMemory<byte>? weights, string weightName)
    {
        if (text.Length > LargestText)
        {
            throw new IpuException("CaffeSyntax", $"'{name}' has {text.Length} bytes; a prototxt has at most {LargestText}") { Target = name };
        }

        if (text.Span.Contains((byte)0))
        {
            throw new IpuException("CaffeSyntax", $"'{name}' is a binary file; the model is the prototxt, and the caffemodel is named with -WeightFile") { Target = name };
        }

        TextMessage net = TextFormatReader.Read(Encoding.UTF8.GetString(text.Span), name);
        IReadOnlyDictionary<string, Tensor[]> blobs = weights is { } w ? CaffeWeights.Read(w, weightName) : new Dictionary<string, Tensor[]>();
        return new CaffeGraphReader(name, blobs).Read(net) with { WeightPath = weightName };
    }

    private static string? Beside(string path)
    {
        string candidate = Path.ChangeExtension(path, ".caffemodel");
        return File.Exists(candidate) ? candidate : null;
    }

    private static byte[] Bytes(string path)
    {
        if (!File.Exists(path))
        {
            throw new IpuException("FileNotFound", $"there is no file '{path}'", IpuErrorKind.NotFound) { Target = path };
        }

        try
        {
            return File.ReadAllBytes(path);
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
