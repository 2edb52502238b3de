using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Compilation.Scheduling;

/// <summary>Counts cycles and bytes of a fixed or offline model on a chip.</summary>
internal static class CostModel
{
    /// <summary>The cost of a model on a chip.</summary>
    /// <param name="hostRuns">Runs of the simulator to time; 0 for none.</param>
    /// <exception cref="IpuException">The model is a float model (id <c>WrongStage</c>).</exception>
    public static IpuModelCost Measure(IpuModel model, SocProfile soc, int hostRuns, CancellationToken cancellationToken)
    {
        if (model.Stage == IpuStage.Float)
        {
            throw new IpuException("WrongStage", $"model '{model.Name}' is {model.Stage}; costs are those of integers, so calibrate it first", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        Graph graph = model.Graph;
        MemoryPlan plan = model.Image?.Plan ?? MemoryPlanner.Plan(graph);
        (ImmutableArray<CommandGroup> groups, ImmutableArray<CommandCost> costs) = Scheduler.Schedule(graph, soc.Figures, cancellationToken);
        double total = groups.Sum(g => g.Cycles);
        double[]? host = hostRuns > 0 ? HostTimes.Of(graph, hostRuns, cancellationToken) : null;
        var commands = ImmutableArray.CreateBuilder<IpuCommandCost>(graph.Nodes.Length);
        var traffic = new GroupTraffic(graph);
        for (int g = 0; g < groups.Length; g++)
        {
            commands.AddRange(Rows(graph, traffic, soc.Figures, groups, g, costs).Select(r => r with
            {
                Share = total > 0 ? r.Cycles / total : 0,
                HostMilliseconds = host?[r.Index],
            }));
        }

        return new IpuModelCost(
            model.Name,
            soc.Name,
            commands.MoveToImmutable(),
            costs.Sum(c => c.Macs),
            total,
            groups.Sum(g => g.DramBytes),
            groups.Length == 0 ? 0 : groups.Max(g => g.SramBytes),
            plan.Total,
            graph.Tensors.Values.Where(t => t.IsConstant).Sum(t => t.ByteCount),
            total / soc.Figures.ClockMHz.Value / 1000,
            IsEstimate(soc.Figures))
        {
            HostMilliseconds = host?.Sum(),
        };
    }

    /// <summary>The commands of a group; its cycles and bytes are shared out by what each would take alone.</summary>
    private static IEnumerable<IpuCommandCost> Rows(Graph graph, GroupTraffic traffic, SocFigures soc, ImmutableArray<CommandGroup> groups, int index, ImmutableArray<CommandCost> costs)
    {
        CommandGroup group = groups[index];
        int[] nodes = [.. Enumerable.Range(group.First, group.Last - group.First + 1)];
        long[] bytes = [.. nodes.Select(n => costs[n].Free ? 0 : traffic.Touched(group.First, group.Last, n))];
        double scale = bytes.Sum() > 0 ? group.DramBytes / (double)bytes.Sum() : 0;
        double[] alone = [.. nodes.Select((n, i) => costs[n].Free ? 0 : Math.Max(costs[n].ComputeCycles + (group.Stripes * soc.CommandCycles.Value), bytes[i] * scale / soc.DramBytesPerCycle.Value))];
        double share = alone.Sum() > 0 ? group.Cycles / alone.Sum() : 0;
        for (int i = 0; i < nodes.Length; i++)
        {
            int n = nodes[i];
            Node node = graph.Nodes[n];
            TensorSpec?[] inputs = graph.InputsOf(node);
            double cycles = alone[i] * share;
            yield return new IpuCommandCost(
                n,
                node.Name,
                node.Op.Name,
                node.Outputs.FirstOrDefault() ?? "",
                (costs[n].Macs > 0 && inputs.Length > 1 && inputs[1] is { IsConstant: true } weights ? weights : inputs.FirstOrDefault(t => t is not null))?.Type.Bits() ?? 0,
                costs[n].Macs,
                cycles,
                (long)(bytes[i] * scale),
                costs[n].SramBytes,
                costs[n].Macs > 0 && cycles > 0 ? costs[n].Macs / (cycles * CommandCost.Rate((IpuOperator)node.Op, inputs, soc)) : 0,
                index,
                group.Stripes);
        }
    }

    private static bool IsEstimate(SocFigures soc) =>
        new[] { soc.ClockMHz, soc.Macs4PerCycle, soc.Macs8PerCycle, soc.Macs16PerCycle, soc.DepthwiseMacsPerCycle, soc.ElementsPerCycle, soc.SramKiB, soc.SramBytesPerCycle, soc.DramBytesPerCycle, soc.CommandCycles }
            .Any(f => f.Estimate);
}
