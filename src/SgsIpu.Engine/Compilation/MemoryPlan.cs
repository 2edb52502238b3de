using System.Collections.Immutable;

namespace SgsIpu.Engine.Compilation;

/// <summary>Where the activations of a graph lie in one arena.</summary>
public sealed class MemoryPlan
{
    private readonly Dictionary<string, int> _at = new(StringComparer.Ordinal);

    public MemoryPlan(long total, IEnumerable<MemoryBlock> blocks)
    {
        Total = total;
        Blocks = [.. blocks];
        for (int i = 0; i < Blocks.Length; i++)
        {
            _at[Blocks[i].Tensor] = i;
        }
    }

    /// <summary>Bytes of the arena.</summary>
    public long Total { get; }

    /// <summary>One block for each activation, in the order in which they come to life.</summary>
    public ImmutableArray<MemoryBlock> Blocks { get; }

    /// <summary>The block of an activation.</summary>
    /// <exception cref="KeyNotFoundException">The tensor is constant or unknown.</exception>
    public MemoryBlock this[string tensor] => Blocks[_at[tensor]];

    public bool Contains(string tensor) => _at.ContainsKey(tensor);

    /// <summary>
    /// The most bytes in use at one time, in aligned blocks, those that tensors share counted once. No plan that shares the same bytes
    /// takes less.
    /// </summary>
    public long LowerBound
    {
        get
        {
            // What is alive changes only where something begins.
            long most = 0;
            foreach (int step in Blocks.Select(b => b.First).Distinct())
            {
                long used = 0;
                long end = 0;
                foreach (MemoryBlock block in Blocks.Where(b => b.First <= step && step <= b.Last).OrderBy(b => b.Offset))
                {
                    long stop = MemoryPlanner.Align(block.Offset + block.Size);
                    used += Math.Max(0, stop - Math.Max(end, block.Offset));
                    end = Math.Max(end, stop);
                }

                most = Math.Max(most, used);
            }

            return most;
        }
    }
}
