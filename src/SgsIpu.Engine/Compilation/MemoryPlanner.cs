using SgsIpu.Core;

namespace SgsIpu.Engine.Compilation;

/// <summary>
/// Gives every activation an offset in one arena, so that tensors that hold different values at the same time do not overlap. Tensors that
/// are the same bytes, or that follow each other in place, are one block (<see cref="SharedPlaces"/>); the blocks are placed by
/// <see cref="OffsetSearch"/>.
/// </summary>
public static class MemoryPlanner
{
    /// <summary>Every offset and the total are multiples of it: a cache line, and the widest vector register.</summary>
    public const int Alignment = 64;

    /// <summary>Plans for the order of nodes that the graph has. The same graph always gets the same plan.</summary>
    public static MemoryPlan Plan(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        MemoryBlock[] lifetimes = Lifetimes(graph);
        MemoryPlan shared = PlanShared(graph, lifetimes);
        if (shared.Total == shared.LowerBound)
        {
            return shared;
        }

        // A part that comes to life early keeps the place of the whole: now and then that costs more than it saves.
        MemoryPlan apart = PlanApart(lifetimes);
        return apart.Total < shared.Total ? apart : shared;
    }

    /// <summary>Checks that a plan which was read from a file fits its graph.</summary>
    /// <returns>What is wrong with it, as half a sentence; null where it is good.</returns>
    public static string? Fault(Graph graph, MemoryPlan plan)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(plan);
        MemoryBlock[] wanted = Lifetimes(graph);
        var places = new SharedPlaces(graph, wanted);
        if (wanted.Length != plan.Blocks.Length)
        {
            return $"it places {plan.Blocks.Length} tensors, the graph has {wanted.Length} activations";
        }

        // In the order in which they come to life: only those that live on can meet the next.
        var alive = new List<MemoryBlock>();
        foreach (MemoryBlock w in wanted)
        {
            if (!plan.Contains(w.Tensor))
            {
                return $"it does not place '{w.Tensor}'";
            }

            MemoryBlock block = plan[w.Tensor];
            if (block.Size != w.Size || block.First != w.First || block.Last != w.Last)
            {
                return $"'{w.Tensor}' takes {w.Size} bytes from node {w.First} to {w.Last}, not {block.Size} from {block.First} to {block.Last}";
            }

            if (block.Offset < 0 || !places.Aligned(block) || block.Offset > plan.Total - block.Size)
            {
                return $"'{w.Tensor}' lies at {block.Offset}, in an arena of {plan.Total} bytes aligned to {Alignment}";
            }

            alive.RemoveAll(other => other.Last < block.First);
            foreach (MemoryBlock other in alive)
            {
                if (block.Overlaps(other) && !places.Fit(block, other))
                {
                    return $"'{block.Tensor}' and '{other.Tensor}' are needed at the same time and overlap";
                }
            }

            alive.Add(block);
        }

        return null;
    }

    /// <summary>A size rounded up to <see cref="Alignment"/>.</summary>
    public static long Align(long size) => checked(size + Alignment - 1) / Alignment * Alignment;

    /// <summary>When each activation is needed, in the order in which they come to life; the offsets are 0.</summary>
    private static MemoryBlock[] Lifetimes(Graph graph)
    {
        var first = graph.Inputs.ToDictionary(i => i, _ => -1, StringComparer.Ordinal);
        var last = graph.Inputs.ToDictionary(i => i, _ => -1, StringComparer.Ordinal);
        for (int n = 0; n < graph.Nodes.Length; n++)
        {
            foreach (string output in graph.Nodes[n].Outputs)
            {
                first[output] = n;
                last[output] = n;
            }

            foreach (string input in graph.Nodes[n].Inputs.Where(first.ContainsKey))
            {
                last[input] = n;
            }
        }

        foreach (string output in graph.Outputs.Where(first.ContainsKey))
        {
            last[output] = graph.Nodes.Length;
        }

        return [.. first.Where(f => !graph[f.Key].IsConstant).Select(f => new MemoryBlock(f.Key, 0, graph[f.Key].ByteCount, f.Value, last[f.Key]))];
    }

    private static MemoryPlan PlanApart(MemoryBlock[] lifetimes)
    {
        OffsetSearch search = OffsetSearch.Place(lifetimes.Select(b => new MemoryDemand(Align(b.Size), b.First, b.Last)));
        return Finish(lifetimes.Select((b, i) => b with { Offset = search.Offsets[i] }), search.Total);
    }

    private static MemoryPlan PlanShared(Graph graph, MemoryBlock[] lifetimes)
    {
        var groups = new SharedPlaces(graph, lifetimes).Groups.ToArray();
        var byName = lifetimes.ToDictionary(b => b.Tensor, StringComparer.Ordinal);
        OffsetSearch search = OffsetSearch.Place(groups.Select(g => new MemoryDemand(
            Align(g.Size), g.Members.Min(m => byName[m.Tensor].First), g.Members.Max(m => byName[m.Tensor].Last))));
        return Finish(groups.SelectMany((g, i) => g.Members.Select(m => byName[m.Tensor] with { Offset = search.Offsets[i] + m.At })), search.Total);
    }

    private static MemoryPlan Finish(IEnumerable<MemoryBlock> placed, long total) =>
        new(total, placed.OrderBy(b => b.First).ThenBy(b => b.Tensor, StringComparer.Ordinal));
}
