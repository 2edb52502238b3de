using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Ops;

namespace SgsIpu.Engine;

/// <summary>What a model holds, in numbers.</summary>
public sealed record IpuModelInfo(string Name, string Stage, string SocVersion, IReadOnlyList<IpuInputInfo> Inputs, IReadOnlyList<IpuOutputInfo> Outputs, int Nodes)
{
    /// <summary>Outputs that are not dequantized are padded to this many elements by the board.</summary>
    private const int OutputAlignment = 16;

    /// <summary>Bytes of all constants.</summary>
    public long ConstantBytes { get; init; }

    /// <summary>Bytes of the weights of convolution-like nodes, by the bits of one weight, widest first.</summary>
    public IReadOnlyList<KeyValuePair<int, long>> WeightBytes { get; init; } = [];

    /// <summary>Multiply-accumulates of one run.</summary>
    public long Macs { get; init; }

    /// <summary>How often each operator occurs, most frequent first.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> Operators { get; init; } = [];

    /// <summary>Version of the tool that compiled an image; "" for other models.</summary>
    public string ImageVersion { get; init; } = "";

    /// <summary>Bytes of the file that the model came from; 0 where there is none.</summary>
    public long FileBytes { get; init; }

    /// <summary>Bytes of the buffer that an image needs for its activations.</summary>
    public long VariableBufferBytes { get; init; }

    /// <summary>The least bytes that any plan of the activations needs.</summary>
    public long VariableBufferBound { get; init; }

    /// <summary>The largest batch that an image takes.</summary>
    public int MaxBatch { get; init; } = 1;

    /// <summary>The batch that an image was made for: its largest, since every run starts all commands once.</summary>
    public int SuggestedBatch { get; init; } = 1;

    /// <summary>The batch sizes that an image takes.</summary>
    public IReadOnlyList<int> SupportedBatches { get; init; } = [1];

    /// <summary>How the inputs of a batch lie in memory; "" for other models.</summary>
    public string BatchMode { get; init; } = "";

    public ModelCategory Category { get; init; }

    public static IpuModelInfo Of(IpuModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var info = new IpuModelInfo(
            model.Name,
            model.Stage.ToString(),
            model.SocVersion,
            [.. model.Inputs.Select((t, i) => Input(model, t, i))],
            [.. model.Outputs.Select((t, i) => Output(model, t, i))],
            model.Nodes.Length)
        {
            ConstantBytes = model.Tensors.Where(t => t.IsConstant).Sum(t => t.ByteCount),
            Macs = model.Nodes.Sum(n => ((IpuOperator)n.Op).Cost(model.Graph.InputsOf(n), model.Graph.OutputsOf(n)).Macs),
            WeightBytes = [.. Weights(model).GroupBy(w => w.Type.Bits()).OrderByDescending(g => g.Key).Select(g => KeyValuePair.Create(g.Key, g.Sum(w => w.ByteCount)))],
            Operators = [.. model.Nodes.GroupBy(n => n.Op.Name).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Select(g => KeyValuePair.Create(g.Key, g.Count()))],
            FileBytes = File.Exists(model.SourcePath) ? new FileInfo(model.SourcePath).Length : 0,
        };
        return model.Image is not { } image ? info : info with
        {
            ImageVersion = image.ToolVersion,
            VariableBufferBytes = image.Plan.Total,
            VariableBufferBound = image.Plan.LowerBound,
            MaxBatch = image.MaxBatch,
            SuggestedBatch = image.MaxBatch,
            SupportedBatches = [.. Enumerable.Range(1, image.MaxBatch).Where(image.Takes)],
            BatchMode = image.BatchMode == Engine.BatchMode.NBuf ? "n_buf" : "one_buf",
            Category = image.Category,
        };
    }

    /// <summary>The constant weights, each once.</summary>
    private static IEnumerable<TensorSpec> Weights(IpuModel model) =>
        model.Nodes
            .Select(n => (Node: n, ((IpuOperator)n.Op).Quantize(model.Graph.InputsOf(n)).Weight))
            .Where(p => p.Weight >= 0 && p.Weight < p.Node.Inputs.Length && p.Node.Inputs[p.Weight].Length > 0)
            .Select(p => model.Graph[p.Node.Inputs[p.Weight]])
            .Where(w => w.IsConstant)
            .DistinctBy(w => w.Name);

    private static IpuInputInfo Input(IpuModel model, TensorSpec tensor, int index)
    {
        InputSetting? setting = model.InputConfig?.Input(tensor.Name);
        return new IpuInputInfo(
            index,
            tensor.Name,
            tensor.Type.ToString(),
            tensor.Shape,
            setting is { ChannelsFirst: true } ? "NCHW" : "NHWC",
            setting?.TrainingFormat.ToString() ?? "",
            setting?.Format.ToString() ?? "",
            setting?.WidthAlignment ?? 1,
            setting?.HeightAlignment ?? 1);
    }

    private static IpuOutputInfo Output(IpuModel model, TensorSpec tensor, int index)
    {
        bool integers = model.Stage != IpuStage.Float && model.InputConfig?.Output(tensor.Name) is { Dequantize: false };
        Shape aligned = integers && tensor.Shape.Rank > 0
            ? tensor.Shape.With(-1, (tensor.Shape[-1] + OutputAlignment - 1) / OutputAlignment * OutputAlignment)
            : tensor.Shape;
        return new IpuOutputInfo(index, tensor.Name, tensor.Type.ToString(), tensor.Shape, aligned);
    }
}
