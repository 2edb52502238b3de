using System.Collections.Frozen;
using System.Collections.Immutable;

namespace SgsIpu.Engine.Compilation;

/// <summary>Where the activations of a graph lie in one arena.</summary>
public sealed class MemoryPlan
{
    private readonly FrozenDictionary<string, MemoryBlock> _byName;

    public MemoryPlan(long total, IEnumerable<MemoryBlock> blocks)
    {
        Total = total;
        Blocks = [.. blocks];
        _byName = Blocks.ToFrozenDictionary(b => b.Tensor, StringComparer.Ordinal);
    }

    /// <summary>Bytes of the arena.</summary>
    public long Total { get; }

    /// <summary>One block for each activation, in the order in which they come to life.</summary>
    public ImmutableArray<MemoryBlock> Blocks { get; }

    /// <summary>The block of an activation.</summary>
    /// <exception cref="KeyNotFoundException">The tensor is constant or unknown.</exception>
    public MemoryBlock this[string tensor] => _byName[tensor];

    public bool Contains(string tensor) => _byName.ContainsKey(tensor);

    /// <summary>Bytes that no plan for the same lifetimes can do without: the most that is alive at once, in aligned blocks.</summary>
    public long LowerBound
    {
        get
        {
            int steps = Blocks.IsEmpty ? 0 : Blocks.Max(b => b.Last) + 2;
            var change = new long[steps + 1];
            foreach (MemoryBlock block in Blocks)
            {
                change[block.First + 1] += MemoryPlanner.Align(block.Size);
                change[block.Last + 2] -= MemoryPlanner.Align(block.Size);
            }

            long alive = 0;
            long most = 0;
            foreach (long c in change)
            {
                alive += c;
                most = Math.Max(most, alive);
            }

            return most;
        }
    }
}
