using SgsIpu.Core;

namespace SgsIpu.Engine.Simulation;

/// <summary>Nodes of a graph that follow each other.</summary>
internal sealed class GraphStretch
{
    private GraphStretch(Graph graph, Node[] nodes)
    {
        Nodes = nodes;
        HashSet<string> made = [.. nodes.SelectMany(n => n.Outputs)];
        HashSet<string> inside = [.. nodes.Select(n => n.Name)];
        Handed = [.. made.Where(t => graph.Outputs.Contains(t) || graph.Consumers(t).Any(c => !inside.Contains(c.Name)))];
        Read = [.. nodes.SelectMany(n => n.Inputs).Where(i => i.Length > 0 && !made.Contains(i) && !graph[i].IsConstant).Distinct()];
    }

    public Node[] Nodes { get; }

    /// <summary>What it reads of others.</summary>
    public string[] Read { get; }

    /// <summary>What others read of it, and outputs of the graph.</summary>
    public string[] Handed { get; }

    /// <summary>Cuts a graph where few bytes cross, as long as shares of weights are about equal.</summary>
    /// <param name="count">Stretches, about.</param>
    /// <param name="nodes">How much shares of nodes count beside those of weights.</param>
    public static GraphStretch[] Of(Graph graph, int count, double nodes)
    {
        var stretches = new List<GraphStretch>();
        int first = 0;
        foreach (int end in Ends(graph, count, nodes))
        {
            stretches.Add(new GraphStretch(graph, [.. graph.Nodes.Take(end).Skip(first)]));
            first = end;
        }

        return [.. stretches];
    }

    /// <summary>Positions after the last node of each stretch.</summary>
    private static IEnumerable<int> Ends(Graph graph, int stretches, double nodes)
    {
        int count = graph.Nodes.Length;
        double[] weights = [.. graph.Nodes.Select(n => n.Inputs.Where(i => i.Length > 0 && graph[i].IsConstant).Sum(i => (double)graph[i].ByteCount))];
        double whole = Math.Max(weights.Sum(), 1);
        double[] load = [.. weights.Select(w => (w / whole) + (nodes / count))];
        double share = load.Sum() / stretches;
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
}
