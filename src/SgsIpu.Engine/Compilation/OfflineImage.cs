using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Engine.Compilation;

/// <summary>What the compiler decided about an offline model; its commands are the nodes of the model's graph, in their order.</summary>
/// <param name="Plan">Where each activation lies in the arena.</param>
/// <param name="Batch">Batch sizes that the image is made for, ascending.</param>
public sealed record OfflineImage(MemoryPlan Plan, ImmutableArray<int> Batch, BatchMode BatchMode)
{
    /// <summary>Version of the tool that compiled the image.</summary>
    public string ToolVersion { get; init; } = "";

    /// <summary>What the outputs are.</summary>
    public ModelCategory Category { get; init; }

    public int MaxBatch => Batch[^1];

    /// <summary>True where the image can run that many inputs at once. One is always possible, so that results can be compared one by one.</summary>
    public bool Takes(int batch) => batch == 1 || (BatchMode == BatchMode.NBuf ? batch > 0 && batch <= MaxBatch : Batch.Contains(batch));

    /// <summary>Sizes of a model's memory in bytes.</summary>
    public static ImageSizes Sizes(Graph graph, MemoryPlan plan)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(plan);
        return new ImageSizes(
            plan.Total,
            graph.Tensors.Values.Where(t => t.IsConstant).Sum(t => MemoryPlanner.Align(t.ByteCount)),
            graph.Inputs.Sum(i => graph[i].ByteCount),
            graph.Outputs.Sum(o => graph[o].ByteCount));
    }
}
