using System.Collections.Immutable;
using Google.Protobuf;
using SgsIpu.Core;
using SgsIpu.Frontends.Onnx.Proto;

namespace SgsIpu.Frontends.Onnx;

/// <summary>Reads ONNX models of operator sets 1 to 21: decodes, inlines functions, sorts, and checks that every name resolves.</summary>
public static class OnnxReader
{
    /// <summary>Older forms of operators that differ are told apart where they are lifted.</summary>
    private const int OldestOpset = 1;
    private const int NewestOpset = 21;

    /// <summary>Protobuf messages nest attributes in subgraphs in attributes; deeper files are hostile.</summary>
    private const int MaxDepth = 100;

    /// <exception cref="IpuException">The file is damaged, truncated, of another kind or of an unsupported version.</exception>
    public static SourceGraph Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return Decode(Parse(file, Values, path), path);

            ReadOnlyMemory<byte> Values(long offset, int length)
            {
                byte[] values = GC.AllocateUninitializedArray<byte>(length);
                file.Position = offset;
                file.ReadExactly(values);
                return values;
            }
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

    /// <summary>Reads a model from memory; external data is refused.</summary>
    /// <param name="name">Stands for the file name in messages.</param>
    public static SourceGraph Read(ReadOnlyMemory<byte> bytes, string name) => Decode(Parse(new MemoryStream(bytes.ToArray(), writable: false), bytes.Length, name), name);

    /// <summary>Decodes the bytes and nothing more.</summary>
    /// <param name="values">Bytes of the stream, by their offset and number.</param>
    internal static Model Parse(Stream stream, Func<long, int, ReadOnlyMemory<byte>> values, string path) =>
        LargeInitializers.Read(stream, values, (rest, length) => Parse(rest, length, path)) ?? Parse(stream, stream.Length, path);

    private static Model Parse(Stream stream, long length, string path)
    {
        Model model;
        try
        {
            model = Model.Parser.ParseFrom(CodedInputStream.CreateWithLimits(stream, int.MaxValue, MaxDepth));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new IpuException("OnnxDamaged", $"'{path}' ({length} bytes) is truncated, damaged or no ONNX model: {e.Message}", IpuErrorKind.InvalidFile, e) { Target = path };
        }

        return model.Graph is not null && model.OpsetImport.Count > 0
            ? model
            : throw new IpuException("OnnxDamaged", $"'{path}' is no ONNX model: it holds no graph or names no operator set") { Target = path };
    }

    private static SourceGraph Decode(Model model, string path)
    {
        var opsets = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (OperatorSet set in model.OpsetImport)
        {
            opsets[set.Domain == "ai.onnx" ? "" : set.Domain] = (int)Math.Clamp(set.Version, 0, int.MaxValue);
        }

        if (!opsets.TryGetValue("", out int opset) || opset is < OldestOpset or > NewestOpset)
        {
            throw new IpuException(
                "UnsupportedOpset", $"'{path}' uses operator set {opset}; supported are {OldestOpset} to {NewestOpset}. Convert the model with onnx.version_converter", IpuErrorKind.NotSupported)
            { Target = path };
        }

        var tensors = new OnnxTensorReader(Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".");
        FunctionInliner.Inline(model, path);
        return new OnnxGraphReader(tensors, path).Read(model.Graph, opsets.ToImmutableDictionary());
    }

    private static IpuException Unreadable(string path, Exception e) =>
        new("FileUnreadable", $"'{path}' cannot be read: {e.Message}", IpuErrorKind.IO, e) { Target = path };
}
