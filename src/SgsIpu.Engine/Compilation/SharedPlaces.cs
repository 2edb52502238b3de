using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Compilation;

/// <summary>
/// Which activations of a graph share a place. Views of the same bytes are joined first: a reshaped tensor, the parts of a concatenation
/// that is not interleaved, a dense slice. Then element-wise results take over the place of an input that nothing needs any more. All
/// tensors of a group lie at fixed distances.
/// </summary>
internal sealed class SharedPlaces
{
    private readonly Graph _graph;
    private readonly Dictionary<string, MemoryBlock> _lifetimes;
    private readonly Dictionary<string, (Group Group, long At)> _places = new(StringComparer.Ordinal);

    /// <param name="lifetimes">When each activation is needed.</param>
    public SharedPlaces(Graph graph, IReadOnlyList<MemoryBlock> lifetimes)
    {
        _graph = graph;
        _lifetimes = lifetimes.ToDictionary(l => l.Tensor, StringComparer.Ordinal);
        foreach (MemoryBlock block in lifetimes)
        {
            _places[block.Tensor] = (new Group([block.Tensor], block.Size), 0);
        }

        foreach (Node node in graph.Nodes)
        {
            JoinViews(node);
        }

        for (int i = 0; i < graph.Nodes.Length; i++)
        {
            TakeOver(graph.Nodes[i], i);
        }
    }

    /// <summary>The groups, each with the tensors at their distance from the group's beginning.</summary>
    public IEnumerable<(long Size, ImmutableArray<(string Tensor, long At)> Members)> Groups =>
        _places.Values.Select(p => p.Group).Distinct().Select(g => (g.Size, g.Members.Select(m => (m, _places[m].At)).ToImmutableArray()));

    /// <summary>True where two tensors may share bytes although both are needed at the same time: they lie as they must in one group.</summary>
    public bool Fit(MemoryBlock a, MemoryBlock b)
    {
        (Group groupA, long atA) = _places[a.Tensor];
        (Group groupB, long atB) = _places[b.Tensor];
        return groupA == groupB && a.Offset - atA == b.Offset - atB;
    }

    /// <summary>True where a block, or the group that it is a part of, begins at a multiple of <see cref="MemoryPlanner.Alignment"/>.</summary>
    public bool Aligned(MemoryBlock block) =>
        block.Offset % MemoryPlanner.Alignment == 0 || (block.Offset - _places[block.Tensor].At) % MemoryPlanner.Alignment == 0;

    private void JoinViews(Node node)
    {
        foreach (MemoryView view in (node.Op as IpuOperator)?.Views(_graph.InputsOf(node), _graph.OutputsOf(node)) ?? [])
        {
            string input = node.Inputs[view.Input];
            string output = node.Outputs[view.Output];
            if (_places.ContainsKey(input))
            {
                Join(input, output, view.Shift);
            }
        }
    }

    /// <summary>
    /// Puts one tensor's group into the other's. The smaller tensor must be the whole of its group, so that every member stays a part of
    /// the bytes of one tensor, the largest, and none holds anything else.
    /// </summary>
    private void Join(string input, string output, long shift)
    {
        (Group from, long fromAt) = _places[input];
        (Group into, long intoAt) = _places[output];
        if (from == into)
        {
            return;
        }

        if (_lifetimes[output].Size <= _lifetimes[input].Size && into.Size == _lifetimes[output].Size)
        {
            Move(into, from, fromAt - shift);
        }
        else if (_lifetimes[input].Size <= _lifetimes[output].Size && from.Size == _lifetimes[input].Size)
        {
            Move(from, into, intoAt + shift);
        }
    }

    /// <summary>Lets the output of an element-wise node overwrite an input that ends with it.</summary>
    private void TakeOver(Node node, int index)
    {
        foreach (int i in (node.Op as IpuOperator)?.Overwritable(_graph.InputsOf(node), _graph.OutputsOf(node)) ?? [])
        {
            string input = node.Inputs[i];
            string output = node.Outputs[0];
            if (!_places.TryGetValue(input, out (Group Group, long At) x) || !_places.TryGetValue(output, out (Group Group, long At) y) || x.Group == y.Group)
            {
                continue;
            }

            bool sameSize = _lifetimes[input].Size == _lifetimes[output].Size;
            bool whole = y.Group.Size == _lifetimes[output].Size || x.Group.Size == _lifetimes[input].Size;
            if (sameSize && whole && Disjoint(x.Group, y.Group, y.At - x.At, index))
            {
                if (y.Group.Size == _lifetimes[output].Size)
                {
                    Move(y.Group, x.Group, x.At);
                }
                else
                {
                    Move(x.Group, y.Group, y.At);
                }

                return;
            }
        }
    }

    /// <summary>Members that would share bytes must be handed over at the node: one side ends there, the other begins.</summary>
    private bool Disjoint(Group x, Group y, long shift, int node)
    {
        foreach (string before in x.Members)
        {
            foreach (string after in y.Members)
            {
                long atX = _places[before].At + shift;
                long atY = _places[after].At;
                bool overlap = atX < atY + _lifetimes[after].Size && atY < atX + _lifetimes[before].Size;
                if (overlap && (_lifetimes[before].Last > node || _lifetimes[after].First < node))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private void Move(Group from, Group into, long at)
    {
        foreach (string member in from.Members)
        {
            _places[member] = (into, _places[member].At + at);
            into.Members.Add(member);
        }
    }

    private sealed class Group(List<string> members, long size)
    {
        public List<string> Members => members;

        public long Size => size;
    }
}
