using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Results;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Compilation;

/// <summary>From a fixed model to an offline one: the same integers, scheduled and laid out in memory.</summary>
internal static class Compiler
{
    /// <summary>The most batch sizes that the vendor's compiler takes.</summary>
    private const int MaxBatchSizes = 10;

    /// <exception cref="IpuException">
    /// The model is not fixed (id <c>WrongStage</c>), the chip is unknown, a batch size is not possible (<c>BatchSize</c>), or the
    /// chip cannot run a node (<c>HardwareLimit</c>).
    /// </exception>
    public static IpuModel Compile(IpuModel model, CompileOptions options, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        if (model.Stage != IpuStage.Fixed)
        {
            throw new IpuException("WrongStage", $"model '{model.Name}' is {model.Stage}; only fixed models are compiled, so calibrate it first", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        SocProfile soc = SocProfile.Of(options.SocVersion ?? model.SocVersion);
        ImmutableArray<int> batch = Batch(options);
        OutputContract.Check(model, options.Category);
        Graph graph = model.Graph;
        for (int i = 0; i < graph.Nodes.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report(new IpuProgress("Check", i, graph.Nodes.Length));
            CheckLimits(graph, graph.Nodes[i], soc);
        }

        // A node without a fixed-point form would otherwise show only when the image is run.
        _ = new PreparedGraph(graph, cancellationToken);
        progress?.Report(new IpuProgress("Plan memory", 0, 1));
        MemoryPlan plan = MemoryPlanner.Plan(graph);
        progress?.Report(new IpuProgress("Plan memory", 1, 1));
        return model with
        {
            Stage = IpuStage.Offline,
            SocVersion = soc.Name,
            Image = new OfflineImage(plan, batch, options.BatchMode) { ToolVersion = ToolVersion.Text, Category = options.Category },
        };
    }

    private static ImmutableArray<int> Batch(CompileOptions options)
    {
        ImmutableArray<int> batch = [.. options.Batch.Distinct().Order()];
        if (batch.IsEmpty || batch[0] < 1 || batch.Length > MaxBatchSizes || (options.BatchMode == BatchMode.NBuf && batch.Length > 1))
        {
            string rule = options.BatchMode == BatchMode.NBuf ? "n_buf takes one, the largest" : $"one_buf takes up to {MaxBatchSizes}";
            throw new IpuException("BatchSize", $"batch sizes {string.Join(", ", options.Batch)} are not possible: {rule}, each at least 1", IpuErrorKind.InvalidArgument);
        }

        return batch;
    }

    private static void CheckLimits(Graph graph, Node node, SocProfile soc)
    {
        foreach (Constraint limit in HardwareLimits.Of((IpuOperator)node.Op).Where(c => c.Remedy == ConstraintRemedy.Refused))
        {
            if (limit.Violation(graph.InputsOf(node), graph.OutputsOf(node), soc.Generation) is { } found)
            {
                throw new IpuException("HardwareLimit", $"{node} cannot run on {soc.Name}: {limit.Text}; found {found}", IpuErrorKind.NotSupported) { Target = node.Name };
            }
        }
    }
}
