using System.Collections.Immutable;
using System.Globalization;
using Google.Protobuf;
using SgsIpu.Core;
using SgsIpu.Frontends.Onnx.Proto;

namespace SgsIpu.Frontends.Onnx;

/// <summary>
/// Writes a source graph as an ONNX model. The bytes depend on the graph alone: constants and attributes are written in ordinal order of
/// their names.
/// </summary>
public static class OnnxWriter
{
    /// <summary>The format ends at 2 GB: lengths within a protobuf message are signed 32-bit numbers.</summary>
    private const long MaxBytes = 0x7FFF_0000;

    /// <summary>The place of values that are in a file beside the model.</summary>
    internal const int External = 1;

    /// <summary>Serializes <paramref name="graph"/>.</summary>
    /// <param name="files">Files beside the model that hold the values of some of the graph's constants, by constant; they are not written here. Null for none.</param>
    /// <exception cref="IpuException">
    /// <c>OnnxTooLarge</c>: the model takes 2 GB or more. <c>AttributeType</c>: an attribute's value is of none of the types of
    /// <see cref="SourceNode"/>. <c>MissingOpset</c>: a node's domain has no version in <see cref="SourceGraph.OpsetVersions"/>.
    /// </exception>
    public static byte[] Write(SourceGraph graph, IReadOnlyDictionary<string, string>? files = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        files ??= ImmutableDictionary<string, string>.Empty;
        long size = EstimateBytes(graph, files);
        if (size > MaxBytes)
        {
            throw new IpuException(
                "OnnxTooLarge",
                $"model '{graph.Name}' takes {size / 1_000_000} MB as one ONNX file; the format allows less than {MaxBytes / 1_000_000} MB",
                IpuErrorKind.NotSupported) { Target = graph.Name };
        }

        RequireOpsets(graph, graph.OpsetVersions);
        var model = new Model
        {
            IrVersion = IrVersion(graph.Opset),
            ProducerName = "SgsIpu",
            Graph = Encode(graph, files),
        };
        foreach ((string domain, int version) in graph.OpsetVersions.OrderBy(o => o.Key, StringComparer.Ordinal))
        {
            model.OpsetImport.Add(new OperatorSet { Domain = domain, Version = version });
        }

        return model.ToByteArray();
    }

    /// <summary>The oldest version of the file format that every construct of an operator set may be written in.</summary>
    private static int IrVersion(int opset) => opset switch
    {
        >= 21 => 10,
        >= 19 => 9,
        _ => 8,
    };

    private static void RequireOpsets(SourceGraph graph, IReadOnlyDictionary<string, int> versions)
    {
        foreach (SourceNode node in graph.Nodes)
        {
            if (!versions.ContainsKey(node.Domain))
            {
                throw new IpuException(
                    "MissingOpset", $"node '{node.Name}' ({node.OpType}): no version is given for the operator set '{node.Domain}'", IpuErrorKind.Internal)
                {
                    Target = node.Name,
                };
            }

            foreach (SourceGraph body in node.Attributes.Values.OfType<SourceGraph>())
            {
                RequireOpsets(body, versions);
            }
        }
    }

    private static Proto.Graph Encode(SourceGraph graph, IReadOnlyDictionary<string, string> files)
    {
        var result = new Proto.Graph { Name = graph.Name.Length > 0 ? graph.Name : "graph" };
        result.Node.Add(graph.Nodes.Select(Encode));
        foreach ((string name, Tensor value) in graph.Constants.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            result.Initializer.Add(Encode(name, value, files.GetValueOrDefault(name)));
        }

        result.Input.Add(graph.Inputs.Select(Encode));
        result.Output.Add(graph.Outputs.Select(Encode));
        result.ValueInfo.Add(graph.Declared.OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => Encode(d.Value)));
        return result;
    }

    private static Proto.Node Encode(SourceNode node)
    {
        var result = new Proto.Node { Name = node.Name, OpType = node.OpType, Domain = node.Domain };
        result.Input.Add(node.Inputs);
        result.Output.Add(node.Outputs);
        foreach ((string name, object value) in node.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal))
        {
            result.Attribute.Add(Encode(node, name, value));
        }

        return result;
    }

    private static Proto.Attribute Encode(SourceNode node, string name, object value)
    {
        var result = new Proto.Attribute { Name = name };
        switch (value)
        {
            case long number:
                result.Kind = Proto.Attribute.Types.Kind.Int;
                result.I = number;
                break;
            case bool flag:
                result.Kind = Proto.Attribute.Types.Kind.Int;
                result.I = flag ? 1 : 0;
                break;
            case float number:
                result.Kind = Proto.Attribute.Types.Kind.Float;
                result.F = number;
                break;
            case string text:
                result.Kind = Proto.Attribute.Types.Kind.String;
                result.S = ByteString.CopyFromUtf8(text);
                break;
            case long[] numbers:
                result.Kind = Proto.Attribute.Types.Kind.Ints;
                result.Ints.Add(numbers);
                break;
            case float[] numbers:
                result.Kind = Proto.Attribute.Types.Kind.Floats;
                result.Floats.Add(numbers);
                break;
            case string[] texts:
                result.Kind = Proto.Attribute.Types.Kind.Strings;
                result.Strings.Add(texts.Select(ByteString.CopyFromUtf8));
                break;
            case Tensor tensor:
                result.Kind = Proto.Attribute.Types.Kind.Tensor;
                result.T = Encode("", tensor, null);
                break;
            case SourceGraph body:
                result.Kind = Proto.Attribute.Types.Kind.Graph;
                result.G = Encode(body, ImmutableDictionary<string, string>.Empty);
                break;
            default:
                throw new IpuException(
                    "AttributeType",
                    $"node '{node.Name}' ({node.OpType}): attribute '{name}' is a {value.GetType().Name}, which no source graph holds",
                    IpuErrorKind.Internal) { Target = node.Name };
        }

        return result;
    }

    private static TensorData Encode(string name, Tensor tensor, string? file)
    {
        var result = new TensorData { Name = name, DataType = OnnxTypes.ToOnnx(tensor.Type) };
        if (file is null)
        {
            result.RawData = UnsafeByteOperations.UnsafeWrap(tensor.Memory);
        }
        else
        {
            TakeFrom(result, file);
        }

        result.Dims.Add(tensor.Shape.Dimensions.Select(d => (long)d));
        return result;
    }

    /// <summary>Says that the values are the content of a file.</summary>
    internal static void TakeFrom(TensorData tensor, string file)
    {
        tensor.DataLocation = External;
        tensor.ExternalData.Add(new Entry { Key = "location", Value = file });
    }

    private static ValueInfo Encode(SourceTensor tensor)
    {
        // A tensor of unknown rank is one that nothing is known of: readers infer its type as well.
        if (tensor.Dimensions.IsDefault)
        {
            return new ValueInfo { Name = tensor.Name };
        }

        var type = new Proto.Type.Types.OfTensor { ElemType = OnnxTypes.ToOnnx(tensor.Type), Shape = new TensorShape() };
        for (int i = 0; i < tensor.Dimensions.Length; i++)
        {
            int size = tensor.Dimensions[i];
            type.Shape.Dim.Add(size < 0
                ? new TensorShape.Types.Dimension { DimParam = string.Create(CultureInfo.InvariantCulture, $"{tensor.Name}_dim{i}") }
                : new TensorShape.Types.Dimension { DimValue = size });
        }

        return new ValueInfo { Name = tensor.Name, Type = new Proto.Type { TensorType = type } };
    }

    /// <summary>An upper bound of the file's size. Protobuf's own count is 32 bits wide and would wrap around.</summary>
    private static long EstimateBytes(SourceGraph graph, IReadOnlyDictionary<string, string> files)
    {
        const int PerField = 16;
        long size = 4 * PerField;
        foreach ((string name, Tensor value) in graph.Constants)
        {
            size += Text(name) + (files.TryGetValue(name, out string? file) ? Text(file) : Bytes(value));
        }

        foreach (SourceTensor tensor in graph.Inputs.Concat(graph.Outputs).Concat(graph.Declared.Values))
        {
            long rank = tensor.Dimensions.IsDefault ? 0 : tensor.Dimensions.Length;
            size += Text(tensor.Name) + (rank * (PerField + Text(tensor.Name))) + (4 * PerField);
        }

        foreach (SourceNode node in graph.Nodes)
        {
            size += Text(node.Name) + Text(node.OpType) + Text(node.Domain) + PerField;
            size += node.Inputs.Sum(Text) + node.Outputs.Sum(Text);
            foreach ((string name, object value) in node.Attributes)
            {
                size += Text(name) + (2 * PerField) + value switch
                {
                    string text => Text(text),
                    long[] numbers => numbers.LongLength * 10,
                    float[] numbers => numbers.LongLength * 4,
                    string[] texts => texts.Sum(Text),
                    Tensor tensor => Bytes(tensor),
                    SourceGraph body => EstimateBytes(body, ImmutableDictionary<string, string>.Empty),
                    _ => 0,
                };
            }
        }

        return size;

        static long Text(string text) => (3L * text.Length) + PerField;

        static long Bytes(Tensor tensor) => tensor.Type.ByteCount(tensor.Count) + (4 * PerField) + (10L * tensor.Shape.Rank);
    }
}
