using System.Collections.Immutable;
using System.Text;
using SgsIpu.Core;
using SgsIpu.Frontends.TfLite;

namespace SgsIpu.Engine.Files;

/// <summary>
/// <c>.sim</c> files: a float or fixed model as a TFLite file that other tools can open, with the exact model in its metadata
/// (<c>sgs.model</c>, <c>sgs.graph</c>, <c>sgs.input_config</c>, <c>sgs.given</c>).
/// </summary>
public static class SimFile
{
    private const int Version = 1;
    private const string ModelEntry = "sgs.model";
    private const string GraphEntry = "sgs.graph";
    private const string ConfigEntry = "sgs.input_config";
    private const string GivenEntry = "sgs.given";

    /// <exception cref="IpuException">The model is offline (id <c>WrongStage</c>).</exception>
    public static byte[] Write(IpuModel model) => Content(model).ToArray();

    /// <summary>As <see cref="Write"/>, without another copy.</summary>
    internal static ReadOnlyMemory<byte> Content(IpuModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Stage == IpuStage.Offline)
        {
            throw new IpuException("WrongStage", $"model '{model.Name}' is offline; it is written as an image", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        Graph graph = model.Graph;
        ImmutableArray<TensorSpec> order = GraphDocument.TensorOrder(graph);
        Dictionary<string, int> at = order.Select((t, i) => (t.Name, i)).ToDictionary(p => p.Name, p => p.i, StringComparer.Ordinal);
        List<ReadOnlyMemory<byte>> buffers = [default];
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (TensorSpec tensor in order.Where(t => t.IsConstant))
        {
            places[tensor.Name] = Add(buffers, tensor.Constant!.Memory);
        }

        ImmutableArray<(string, int)> metadata =
        [
            (ModelEntry, Add(buffers, ModelJson.Write(new SimHeader(Version, ToolVersion.Text, model.Name, model.Stage, model.SocVersion, Path.GetFileName(model.SourcePath))))),
            (GraphEntry, Add(buffers, ModelJson.Write(GraphDocument.Of(graph, order, t => places[t.Name])))),
            .. model.InputConfig is { Text.Length: > 0 } config ? [(ConfigEntry, Add(buffers, Encoding.UTF8.GetBytes(config.Text)))] : Array.Empty<(string, int)>(),
            .. model is { Stage: IpuStage.Float, Given.IsEmpty: false } ? [(GivenEntry, Add(buffers, ModelJson.Write<GivenDocument[]>([.. model.Given.Select(GivenDocument.Of)])))] : Array.Empty<(string, int)>(),
        ];
        List<TfLiteTensor> tensors = [.. order.Select(t => new TfLiteTensor(t.Name, t.Type, t.Shape, places.GetValueOrDefault(t.Name)) { Quant = t.Quant })];
        ImmutableArray<TfLiteOperator> operators = [.. graph.Nodes.Select(n => TfLiteMapping.Of(graph, n, name => name.Length == 0 ? -1 : at[name], AddConstant))];
        return TfLiteWriter.Content(new TfLiteModel(
            $"{model.Name} ({model.Stage})",
            [.. tensors],
            operators,
            [.. graph.Inputs.Select(i => at[i])],
            [.. graph.Outputs.Select(o => at[o])],
            [.. buffers])
        {
            GraphName = graph.Name,
            Metadata = metadata,
        });

        int AddConstant(string name, Tensor value)
        {
            tensors.Add(new TfLiteTensor(name, value.Type, value.Shape, Add(buffers, value.Memory)));
            return tensors.Count - 1;
        }
    }

    /// <param name="file">The model's constants are slices of it, so nothing may write to it afterwards.</param>
    /// <param name="path">For messages.</param>
    /// <exception cref="IpuException">The file is damaged (id <c>SimDamaged</c>), no <c>.sim</c> (<c>NotASim</c>) or of another version (<c>SimVersion</c>).</exception>
    public static IpuModel Read(ReadOnlyMemory<byte> file, string path)
    {
        IpuException Damaged(string what) => new("SimDamaged", $"'{path}' is damaged: {what}") { Target = path };
        IReadOnlyDictionary<string, ReadOnlyMemory<byte>> metadata;
        ReadOnlyMemory<byte>[] buffers;
        try
        {
            (metadata, buffers) = TfLiteMetadata.Read(file);
        }
        catch (IpuException e) when (e.ErrorId == "TfLiteDamaged")
        {
            throw Damaged(e.Message);
        }

        if (!metadata.TryGetValue(ModelEntry, out ReadOnlyMemory<byte> model) || !metadata.TryGetValue(GraphEntry, out ReadOnlyMemory<byte> document))
        {
            throw new IpuException("NotASim", $"'{path}' is a TFLite file that this tool did not write", IpuErrorKind.NotSupported) { Target = path };
        }

        SimHeader header = ModelJson.Read<SimHeader>(model.Span, Damaged);
        if (header.Version != Version)
        {
            throw new IpuException("SimVersion", $"'{path}' has format version {header.Version}; this tool reads version {Version}", IpuErrorKind.NotSupported) { Target = path };
        }

        if (header.Stage is not (IpuStage.Float or IpuStage.Fixed))
        {
            throw Damaged($"its stage is {header.Stage}");
        }

        Graph graph = ModelJson.Read(document.Span, GraphDocument.Read, Damaged).ToGraph(t => Content(t, buffers, Damaged), Damaged);
        return new IpuModel(header.Name, header.Stage, graph)
        {
            SocVersion = header.Soc is { Length: > 0 } soc ? soc : throw Damaged("it names no SoC"),
            SourcePath = path,
            InputConfig = metadata.TryGetValue(ConfigEntry, out ReadOnlyMemory<byte> config) ? ModelConfig.Read(config.Span, path, Damaged) : null,
            Given = metadata.TryGetValue(GivenEntry, out ReadOnlyMemory<byte> given) ? [.. ModelJson.Read<GivenDocument[]>(given.Span, Damaged).Select(g => (g ?? throw Damaged("a wish is missing")).ToGiven(Damaged))] : [],
        };
    }

    private static int Add(List<ReadOnlyMemory<byte>> buffers, ReadOnlyMemory<byte> content)
    {
        buffers.Add(content);
        return buffers.Count - 1;
    }

    private static ReadOnlyMemory<byte> Content(TensorDocument tensor, ReadOnlyMemory<byte>[] buffers, Func<string, IpuException> damaged)
    {
        long length = tensor.Type.ByteCount(tensor.Shape.Count);
        return tensor.Constant is > 0 and var at && at < buffers.Length && buffers[at].Length == length
            ? buffers[at]
            : throw damaged($"the values of '{tensor.Name}' are not where it says");
    }
}
