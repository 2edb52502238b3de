using SgsIpu.Core;

namespace SgsIpu.Engine.Compilation;

/// <summary>
/// Gives every activation an offset in one arena, so that tensors alive at the same time do not overlap. Greedy by size with the
/// tightest gap: Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference" (2020), algorithm 3; and another
/// strategy where that one misses the lower bound.
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
        MemoryPlan bySize = GreedyBySize(lifetimes);
        if (bySize.Total == bySize.LowerBound)
        {
            return bySize;
        }

        MemoryPlan fromBothEnds = FromBothEnds(lifetimes, bySize.LowerBound);
        return fromBothEnds.Total < bySize.Total ? fromBothEnds : bySize;
    }

    /// <summary>Checks that a plan which was read from a file fits its graph.</summary>
    /// <returns>What is wrong with it, as half a sentence; null where it is good.</returns>
    public static string? Fault(Graph graph, MemoryPlan plan)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(plan);
        MemoryBlock[] wanted = Lifetimes(graph);
        if (wanted.Length != plan.Blocks.Length)
        {
            return $"it places {plan.Blocks.Length} tensors, the graph has {wanted.Length} activations";
        }

        for (int i = 0; i < wanted.Length; i++)
        {
            MemoryBlock w = wanted[i];
            if (!plan.Contains(w.Tensor))
            {
                return $"it does not place '{w.Tensor}'";
            }

            MemoryBlock block = plan[w.Tensor];
            if (block.Size != w.Size || block.First != w.First || block.Last != w.Last)
            {
                return $"'{w.Tensor}' takes {w.Size} bytes from node {w.First} to {w.Last}, not {block.Size} from {block.First} to {block.Last}";
            }

            if (block.Offset < 0 || block.Offset % Alignment != 0 || block.Offset > plan.Total - block.Size)
            {
                return $"'{w.Tensor}' lies at {block.Offset}, in an arena of {plan.Total} bytes aligned to {Alignment}";
            }

            for (int j = 0; j < i; j++)
            {
                MemoryBlock other = plan[wanted[j].Tensor];
                if (block.LivesWith(other) && block.Overlaps(other))
                {
                    return $"'{block.Tensor}' and '{other.Tensor}' are needed at the same time and overlap";
                }
            }
        }

        return null;
    }

    /// <summary>A size rounded up to <see cref="Alignment"/>.</summary>
    public static long Align(long size) => checked(size + Alignment - 1) / Alignment * Alignment;

    /// <summary>When each activation is needed; the offsets are 0.</summary>
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

    /// <summary>The largest first, each into the tightest gap between those that live with it.</summary>
    private static MemoryPlan GreedyBySize(MemoryBlock[] lifetimes)
    {
        var placed = new List<MemoryBlock>(lifetimes.Length);
        foreach (MemoryBlock block in lifetimes.OrderByDescending(b => b.Size).ThenBy(b => b.First).ThenBy(b => b.Tensor, StringComparer.Ordinal))
        {
            placed.Add(block with { Offset = TightestGap(block, placed) });
        }

        return Finish(placed);
    }

    /// <summary>
    /// In order of execution, by turns as low and as high as possible in an arena of the least size: what reaches the bound on every
    /// chain, where the greedy plan may not.
    /// </summary>
    private static MemoryPlan FromBothEnds(MemoryBlock[] lifetimes, long bound)
    {
        var placed = new List<MemoryBlock>(lifetimes.Length);
        foreach (MemoryBlock block in lifetimes.OrderBy(b => b.First).ThenBy(b => b.Tensor, StringComparer.Ordinal))
        {
            long low = TightestGap(block, placed, first: true);
            long high = bound - Align(block.Size);
            bool free = high >= 0 && !placed.Exists(p => p.LivesWith(block) && p.Overlaps(block with { Offset = high }));
            placed.Add(block with { Offset = free && block.First % 2 == 0 ? high : low });
        }

        return Finish(placed);
    }

    private static MemoryPlan Finish(List<MemoryBlock> placed) => new(
        placed.Count == 0 ? 0 : placed.Max(b => Align(b.Offset + b.Size)),
        placed.OrderBy(b => b.First).ThenBy(b => b.Tensor, StringComparer.Ordinal));

    private static long TightestGap(MemoryBlock block, List<MemoryBlock> placed, bool first = false)
    {
        long best = -1;
        long tightest = long.MaxValue;
        long end = 0;
        foreach (MemoryBlock other in placed.Where(block.LivesWith).OrderBy(b => b.Offset))
        {
            long gap = other.Offset - end;
            if (gap >= block.Size && gap < tightest)
            {
                tightest = first ? 0 : gap;
                best = end;
            }

            end = Math.Max(end, Align(other.Offset + other.Size));
        }

        return best >= 0 ? best : end;
    }
}
