using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Engine.Compilation.Scheduling;

/// <summary>
/// Cuts the nodes of a graph, in their order, into groups that run depth first in the memory on the chip, so that the least cycles pass.
/// Every cut is tried by dynamic programming over the last group; depth-first stripes are those of Goetschalckx and Verhelst, "Breaking
/// High-Resolution CNN Bandwidth Barriers With Enhanced Depth-First Execution" (2019). Then constants are fetched ahead, where the transfers
/// of the group before leave time and its tensors leave room.
/// </summary>
internal sealed class Scheduler
{
    /// <summary>Nodes of one group at most.</summary>
    private const int LongestGroup = 16;

    private readonly SocFigures _soc;
    private readonly long _sram;
    private readonly GroupTraffic _traffic;
    private readonly CommandCost[] _costs;

    private Scheduler(Graph graph, SocFigures soc)
    {
        _soc = soc;
        _sram = (long)(soc.SramKiB.Value * 1024);
        _traffic = new GroupTraffic(graph);
        _costs = [.. graph.Nodes.Select(n => CommandCost.Of(graph, n, soc))];
    }

    /// <summary>The groups in the order of execution, and the work of each node.</summary>
    public static (ImmutableArray<CommandGroup> Groups, ImmutableArray<CommandCost> Costs) Schedule(Graph graph, SocFigures soc, CancellationToken cancellationToken)
    {
        var scheduler = new Scheduler(graph, soc);
        ImmutableArray<CommandGroup> groups = scheduler.Cut(graph.Nodes.Length, cancellationToken);
        return (scheduler.FetchAhead(groups), [.. scheduler._costs]);
    }

    private ImmutableArray<CommandGroup> Cut(int nodes, CancellationToken cancellationToken)
    {
        var best = new double[nodes + 1];
        var last = new CommandGroup?[nodes + 1];
        for (int end = 1; end <= nodes; end++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            best[end] = double.PositiveInfinity;
            for (int first = end - 1; first >= 0 && end - first <= LongestGroup; first--)
            {
                if (Group(first, end - 1) is { } group && best[first] + group.Cycles < best[end])
                {
                    best[end] = best[first] + group.Cycles;
                    last[end] = group;
                }
            }
        }

        var groups = new List<CommandGroup>();
        for (int end = nodes; end > 0; end = groups[^1].First)
        {
            groups.Add(last[end]!);
        }

        groups.Reverse();
        return [.. groups];
    }

    /// <summary>The group of some nodes in as few stripes as fit; null where several nodes do not fit in any number.</summary>
    private CommandGroup? Group(int first, int last)
    {
        long entering = _traffic.Entering(first, last);
        long leaving = _traffic.Leaving(first, last);
        long constants = _traffic.Constants(first, last);
        long whole = _traffic.WholeBytes(first, last) + _traffic.LargestConstants(first, last);
        if (whole <= _sram)
        {
            return Made(first, last, 1, whole, entering + leaving + constants, constants);
        }

        // In stripes all constants stay, since every stripe needs them.
        int rows = _traffic.Rows(first, last);
        for (int height = (rows + 1) / 2; height >= 1; height /= 2)
        {
            long bytes = _traffic.StripedBytes(first, last, height)!.Value + constants;
            if (bytes <= _sram)
            {
                return Made(first, last, (rows + height - 1) / height, bytes, entering + leaving + constants, constants);
            }
        }

        if (first != last)
        {
            return null;
        }

        // A node alone is computed in parts of its constants, each of which reads the input again, or of its input.
        long parts = Math.Max(1, (2 * constants / _sram) + 1);
        return Made(first, last, (int)Math.Min(parts, int.MaxValue), whole, (entering * parts) + leaving + constants, constants);
    }

    private CommandGroup Made(int first, int last, int stripes, long sram, long dram, long constants)
    {
        double compute = 0;
        for (int n = first; n <= last; n++)
        {
            compute += _costs[n].ComputeCycles + (_costs[n].Free ? 0 : stripes * _soc.CommandCycles.Value);
        }

        bool free = Enumerable.Range(first, last - first + 1).All(n => _costs[n].Free);
        return free
            ? new CommandGroup(first, last, 1, 0, 0, 0, 0, 0)
            : new CommandGroup(first, last, stripes, sram, dram, constants, compute, Math.Max(compute, dram / _soc.DramBytesPerCycle.Value));
    }

    private ImmutableArray<CommandGroup> FetchAhead(ImmutableArray<CommandGroup> groups)
    {
        var result = ImmutableArray.CreateBuilder<CommandGroup>(groups.Length);
        double idle = 0;
        long room = 0;
        foreach (CommandGroup group in groups)
        {
            double ahead = Math.Min(group.WeightBytes, Math.Min(room, idle));
            double transfer = (group.DramBytes - ahead) / _soc.DramBytesPerCycle.Value;
            double cycles = Math.Max(group.ComputeCycles, transfer);
            result.Add(group with { Cycles = cycles });
            idle = Math.Max(0, cycles - transfer) * _soc.DramBytesPerCycle.Value;
            room = Math.Max(0, _sram - group.SramBytes);
        }

        return result.MoveToImmutable();
    }
}
