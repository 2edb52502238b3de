using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Compilation.Scheduling;

/// <summary>What a run of neighbouring nodes moves and keeps, by the number of stripes.</summary>
internal sealed class GroupTraffic
{
    private readonly Graph _graph;
    private readonly TensorSpec?[][] _inputs;
    private readonly TensorSpec[][] _outputs;
    private readonly Dictionary<string, int> _lastUse = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _maker = new(StringComparer.Ordinal);

    public GroupTraffic(Graph graph)
    {
        _graph = graph;
        _inputs = [.. graph.Nodes.Select(graph.InputsOf)];
        _outputs = [.. graph.Nodes.Select(graph.OutputsOf)];
        for (int n = 0; n < graph.Nodes.Length; n++)
        {
            foreach (string input in graph.Nodes[n].Inputs)
            {
                _lastUse[input] = n;
            }

            foreach (string output in graph.Nodes[n].Outputs)
            {
                _maker[output] = n;
            }
        }

        foreach (string output in graph.Outputs)
        {
            _lastUse[output] = graph.Nodes.Length;
        }
    }

    /// <summary>Bytes of the activations that enter the nodes from outside.</summary>
    public long Entering(int first, int last) => Distinct(Enumerable.Range(first, last - first + 1).SelectMany(n => _inputs[n]).Where(t => t is { IsConstant: false } && Maker(t.Name) < first));

    /// <summary>Bytes of what the nodes compute and something outside reads.</summary>
    public long Leaving(int first, int last) => Distinct(Enumerable.Range(first, last - first + 1).SelectMany(n => _outputs[n]).Where(t => LastUse(t.Name) > last));

    /// <summary>Bytes of one of the nodes that come from or go to main memory: its constants, what enters and what leaves the group.</summary>
    public long Touched(int first, int last, int node) =>
        Distinct(_inputs[node].Where(t => t is not null && (t.IsConstant || Maker(t.Name) < first))) + Distinct(_outputs[node].Where(t => LastUse(t.Name) > last));

    /// <summary>Bytes of the constants of the nodes.</summary>
    public long Constants(int first, int last) => Distinct(Enumerable.Range(first, last - first + 1).SelectMany(n => _inputs[n]).Where(t => t is { IsConstant: true }));

    /// <summary>The largest constants of one of the nodes.</summary>
    public long LargestConstants(int first, int last) => Enumerable.Range(first, last - first + 1).Max(n => Constants(n, n));

    /// <summary>The most bytes of activations alive at once where every tensor is whole.</summary>
    public long WholeBytes(int first, int last)
    {
        long most = 0;
        for (int n = first; n <= last; n++)
        {
            most = Math.Max(most, Distinct(Tensors(first, last).Where(t => Maker(t.Name) <= n && LastUse(t.Name) >= n)));
        }

        return most;
    }

    /// <summary>Rows of the last output; 0 where the nodes cannot run in stripes.</summary>
    public int Rows(int first, int last) => _outputs[last] is [{ Shape.Rank: 4 } y] && StripedBytes(first, last, y.Shape[1]) is not null ? y.Shape[1] : 0;

    /// <summary>
    /// Bytes of the rows that every activation keeps where the last output is computed in stripes of the given height; null where a node
    /// needs more of an input than neighbouring rows. What a later stripe needs again is kept, so that nothing is computed twice.
    /// </summary>
    public long? StripedBytes(int first, int last, int rows)
    {
        var kept = new Dictionary<string, long>(StringComparer.Ordinal) { [_graph.Nodes[last].Outputs[0]] = rows };
        for (int n = last; n >= first; n--)
        {
            if (_outputs[n] is not [{ Shape.Rank: 4 } y])
            {
                return null;
            }

            int height = (int)Math.Min(kept.GetValueOrDefault(y.Name, rows), y.Shape[1]);
            kept[y.Name] = height;
            if (((IpuOperator)_graph.Nodes[n].Op).InputRows(height, _inputs[n], _outputs[n]) is not { } needed)
            {
                return null;
            }

            foreach (TensorSpec? x in _inputs[n].Where(t => t is { IsConstant: false }))
            {
                if (x!.Shape.Rank != 4)
                {
                    return null;
                }

                kept[x.Name] = Math.Max(kept.GetValueOrDefault(x.Name), Math.Min(needed, x.Shape[1]));
            }
        }

        return kept.Sum(k => _graph[k.Key].ByteCount / Math.Max(1, _graph[k.Key].Shape[1]) * k.Value);
    }

    private IEnumerable<TensorSpec> Tensors(int first, int last) =>
        Enumerable.Range(first, last - first + 1).SelectMany(n => _inputs[n].Concat(_outputs[n])).Where(t => t is { IsConstant: false }).Select(t => t!);

    private int Maker(string tensor) => _maker.GetValueOrDefault(tensor, -1);

    private int LastUse(string tensor) => _lastUse.GetValueOrDefault(tensor, Maker(tensor));

    private static long Distinct(IEnumerable<TensorSpec?> tensors) => tensors.DistinctBy(t => t!.Name).Sum(t => t!.ByteCount);
}
