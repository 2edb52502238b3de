using Google.Protobuf;
using SgsIpu.Core;
using SgsIpu.Frontends.TensorFlow.Proto;

namespace SgsIpu.Frontends.TensorFlow;

/// <summary>Reads frozen TensorFlow graphs (GraphDef in binary form, <c>.pb</c>).</summary>
public static class TensorFlowReader
{
    /// <summary>GraphDef nests no deeper than node, attribute, tensor, shape, dimension; deeper files are hostile.</summary>
    private const int MaxDepth = 32;

    private const string Freeze = "freeze it into a GraphDef first (tf.compat.v1.graph_util.convert_variables_to_constants, or convert_variables_to_constants_v2)";

    /// <exception cref="IpuException">The file is damaged, truncated, of another kind, or holds variables.</exception>
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

    /// <summary>Reads a graph from memory.</summary>
    /// <param name="name">Stands for the file name in messages.</param>
    public static SourceGraph Read(ReadOnlyMemory<byte> bytes, string name)
    {
        var graph = Parse(bytes, name, GraphDef.Parser);
        if (graph.Node.Count == 0)
        {
            throw IsSavedModel(bytes)
                ? NotFrozen(name, "is a SavedModel, whose weights are in files beside it", name)
                : new IpuException("TensorFlowDamaged", $"'{name}' is no TensorFlow GraphDef: it holds no node") { Target = name };
        }

        if (graph.Node.FirstOrDefault(n => n.Op is "Variable" or "VariableV2" or "VarHandleOp" or "AutoReloadVariable") is { } variable)
        {
            throw NotFrozen(name, $"keeps weights in variables, such as '{variable.Name}'", variable.Name);
        }

        return new TensorFlowGraphReader(name).Read(graph);
    }

    private static T Parse<T>(ReadOnlyMemory<byte> bytes, string path, MessageParser<T> parser)
        where T : IMessage<T>
    {
        try
        {
            using var stream = new MemoryStream(bytes.ToArray(), writable: false);
            return parser.ParseFrom(CodedInputStream.CreateWithLimits(stream, int.MaxValue, MaxDepth));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new IpuException("TensorFlowDamaged", $"'{path}' ({bytes.Length} bytes) is truncated, damaged or no TensorFlow GraphDef in binary form: {e.Message}", IpuErrorKind.InvalidFile, e) { Target = path };
        }
    }

    private static bool IsSavedModel(ReadOnlyMemory<byte> bytes)
    {
        SavedModel model = Parse(bytes, "", SavedModel.Parser);
        return model.SavedModelSchemaVersion > 0 && model.MetaGraphs.Count > 0;
    }

    private static IpuException NotFrozen(string path, string why, string target) =>
        new("TensorFlowNotFrozen", $"'{path}' {why}; {Freeze}", IpuErrorKind.NotSupported) { Target = target };

    private static IpuException Unreadable(string path, Exception e) =>
        new("FileUnreadable", $"'{path}' cannot be read: {e.Message}", IpuErrorKind.IO, e) { Target = path };
}
