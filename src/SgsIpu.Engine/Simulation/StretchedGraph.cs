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
        var stretches = new List<Stretch>();
        int first = 0;
        foreach (int end in Ends(graph))
        {
            Node[] nodes = [.. graph.Nodes.Take(end).Skip(first)];
            foreach (Node node in nodes)
            {
                _stretchOf[node.Name] = stretches.Count;
            }

            stretches.Add(new Stretch(graph, nodes));
            first = end;
        }

        _stretches = [.. stretches];
    }

    /// <summary>What stretches read of the graph's inputs and of each other.</summary>
    public IEnumerable<string> Read => _stretches.SelectMany(s => s.Read).Distinct();

    /// <summary>A node and what depends on it within its stretch.</summary>
    public Node[] Behind(Node node)
    {
        var reached = new HashSet<string>(node.Outputs, StringComparer.Ordinal);
        var nodes = new List<Node> { node };

        // Nodes are in execution order, so that everything behind is reached in one pass; the node itself goes first.
        foreach (Node next in _stretches[_stretchOf[node.Name]].Nodes.Where(n => n != node && n.Inputs.Any(reached.Contains)))
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
        return outputs.Intersect(_stretches[_stretchOf[nodes.First().Name]].Handed);
    }

    /// <summary>Runs all that depends on changed values in the stretches after that of a node.</summary>
    /// <param name="changed">What is computed joins them.</param>
    /// <param name="before">What else the stretches read.</param>
    public void RunBehind(Node node, FloatValues changed, FloatValues before, CancellationToken cancellationToken)
    {
        foreach (Stretch stretch in _stretches.Skip(_stretchOf[node.Name] + 1).Where(s => s.Read.Any(changed.Has)))
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

    /// <summary>Positions after the last node of each stretch: where few bytes cross, as long as shares of nodes and weights are about equal.</summary>
    private static IEnumerable<int> Ends(Graph graph)
    {
        int count = graph.Nodes.Length;
        double[] weights = [.. graph.Nodes.Select(n => n.Inputs.Where(i => i.Length > 0 && graph[i].IsConstant).Sum(i => (double)graph[i].ByteCount))];
        double whole = Math.Max(weights.Sum(), 1);
        double[] load = [.. weights.Select(w => (w / whole) + (1.0 / count))];
        double share = load.Sum() / Stretches;
        long[] crossing = Crossing(graph);
        for (int first = 0; first < count;)
        {
            double sum = 0;
            int best = -1;
            int i = first;
            for (; i < count && sum < share; i++)
            {
                sum += load[i];
                best = sum >= share / 2 && (best < 0 || crossing[i] <= crossing[best]) ? i : best;
            }

            first = i == count ? count : best + 1;
            yield return first;
        }
    }

    /// <summary>Bytes that are read behind each node of what was there before.</summary>
    private static long[] Crossing(Graph graph)
    {
        var crossing = new long[graph.Nodes.Length];
        var made = graph.Inputs.ToDictionary(i => i, _ => 0, StringComparer.Ordinal);
        for (int i = 0; i < crossing.Length; i++)
        {
            foreach (string output in graph.Nodes[i].Outputs)
            {
                made[output] = i;
            }
        }

        var read = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < crossing.Length; i++)
        {
            foreach (string input in graph.Nodes[i].Inputs.Where(made.ContainsKey))
            {
                read[input] = i;
            }
        }

        foreach ((string tensor, int last) in read)
        {
            for (int i = made[tensor]; i < last; i++)
            {
                crossing[i] += graph[tensor].ByteCount;
            }
        }

        return crossing;
    }

    /// <summary>Nodes that follow each other.</summary>
    private sealed class Stretch
    {
        public Stretch(Graph graph, Node[] nodes)
        {
            Nodes = nodes;
            HashSet<string> made = [.. nodes.SelectMany(n => n.Outputs)];
            HashSet<string> inside = [.. nodes.Select(n => n.Name)];
            Handed = [.. made.Where(t => graph.Outputs.Contains(t) || graph.Consumers(t).Any(c => !inside.Contains(c.Name)))];
            Read = [.. nodes.SelectMany(n => n.Inputs).Where(i => i.Length > 0 && !made.Contains(i) && !graph[i].IsConstant).Distinct()];
            Runner = new Lazy<FloatRunner>(() => new FloatRunner(GraphPart.Of(graph, nodes, Handed).ToGraph()));
        }

        public Node[] Nodes { get; }

        /// <summary>What it reads of others.</summary>
        public string[] Read { get; }

        /// <summary>What others read of it, and outputs of the graph.</summary>
        public string[] Handed { get; }

        public Lazy<FloatRunner> Runner { get; }
    }
}
