using SgsIpu.Core;

namespace SgsIpu.Engine.Simulation;

/// <summary>
/// A float graph cut into stretches of nodes that follow each other, each with a session of its own. What is behind any node then runs
/// through sessions that all share, and the weights of the graph are in memory once.
/// </summary>
internal sealed class StretchedGraph : IDisposable
{
    /// <summary>Each has about this part of the nodes and weights.</summary>
    private const int Stretches = 8;

    private readonly Graph _graph;
    private readonly Stretch[] _stretches;
    private readonly Dictionary<string, int> _stretchOf = new(StringComparer.Ordinal);

    public StretchedGraph(Graph graph)
    {
        _graph = graph;
        _stretches = [.. GraphStretch.Of(graph, Stretches, nodes: 1).Select(s => new Stretch(s, new Lazy<FloatRunner>(() => new FloatRunner(GraphPart.Of(graph, s.Nodes, s.Handed).ToGraph()))))];
        for (int i = 0; i < _stretches.Length; i++)
        {
            foreach (Node node in _stretches[i].Part.Nodes)
            {
                _stretchOf[node.Name] = i;
            }
        }
    }

    /// <summary>What stretches read of the graph's inputs and of each other.</summary>
    public IEnumerable<string> Read => _stretches.SelectMany(s => s.Part.Read).Distinct();

    /// <summary>A node and what depends on it within its stretch.</summary>
    public Node[] Behind(Node node)
    {
        var reached = new HashSet<string>(node.Outputs, StringComparer.Ordinal);
        var nodes = new List<Node> { node };

        // Nodes are in execution order, so that everything behind is reached in one pass; the node itself goes first.
        foreach (Node next in _stretches[_stretchOf[node.Name]].Part.Nodes.Where(n => n != node && n.Inputs.Any(reached.Contains)))
        {
            nodes.Add(next);
            reached.UnionWith(next.Outputs);
        }

        return [.. nodes];
    }

    /// <summary>Those outputs of nodes of one stretch that others or nobody reads.</summary>
    public IEnumerable<string> HandedOn(IEnumerable<Node> nodes)
    {
        string[] outputs = [.. nodes.SelectMany(n => n.Outputs)];
        return outputs.Intersect(_stretches[_stretchOf[nodes.First().Name]].Part.Handed);
    }

    /// <summary>Runs all that depends on changed values in the stretches after that of a node.</summary>
    /// <param name="changed">What is computed joins them.</param>
    /// <param name="before">What else the stretches read.</param>
    public void RunBehind(Node node, FloatValues changed, FloatValues before, CancellationToken cancellationToken)
    {
        foreach (Stretch stretch in _stretches.Skip(_stretchOf[node.Name] + 1).Where(s => s.Part.Read.Any(changed.Has)))
        {
            stretch.Runner.Value.Run(r => changed.Has(r) ? changed[r] : before[r], changed, cancellationToken);
        }
    }

    public void Dispose()
    {
        foreach (Stretch stretch in _stretches.Where(s => s.Runner.IsValueCreated))
        {
            stretch.Runner.Value.Dispose();
        }
    }

    /// <summary>A stretch and what runs it.</summary>
    private sealed record Stretch(GraphStretch Part, Lazy<FloatRunner> Runner);
}
