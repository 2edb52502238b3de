using System.Collections.Immutable;
using System.Globalization;
using SgsIpu.Core;
using SgsIpu.Frontends.TensorFlow.Proto;

namespace SgsIpu.Frontends.TensorFlow;

/// <summary>Resolves the references between nodes and brings them into execution order; files have them in any order.</summary>
internal static class NodeOrder
{
    /// <summary>Outputs of a node; more are hostile, as every one costs memory.</summary>
    private const int MostOutputs = 1024;

    /// <exception cref="IpuException">A name is missing or used twice, a reference leads nowhere, or nodes depend on themselves.</exception>
    public static ImmutableArray<RawNode> Sort(IEnumerable<NodeDef> definitions, string file)
    {
        var byName = new Dictionary<string, int>(StringComparer.Ordinal);
        var nodes = new List<RawNode>();
        foreach (NodeDef definition in definitions)
        {
            if (definition.Name.Length == 0 || definition.Op.Length == 0 || !byName.TryAdd(definition.Name, nodes.Count))
            {
                throw Error(file, "TensorFlowDamaged", $"node '{definition.Name}' ({definition.Op}) has no name or no operator, or its name is used twice", definition.Name);
            }

            nodes.Add(new RawNode(
                definition,
                [.. definition.Input.Where(i => !i.StartsWith('^')).Select(i => Tensor(i, definition, file))],
                [.. definition.Input.Where(i => i.StartsWith('^')).Select(i => i[1..])]));
        }

        var readers = new List<int>[nodes.Count];
        var missing = new int[nodes.Count];
        for (int i = 0; i < nodes.Count; i++)
        {
            foreach (string before in nodes[i].Inputs.Select(RawNode.NodeOf).Concat(nodes[i].Controls).Distinct())
            {
                int source = byName.TryGetValue(before, out int found)
                    ? found
                    : throw Error(file, "MissingTensor", $"node '{nodes[i].Name}' ({nodes[i].Op}) reads '{before}', which nothing computes", before);
                (readers[source] ??= []).Add(i);
                missing[i]++;
            }
        }

        var sorted = ImmutableArray.CreateBuilder<RawNode>(nodes.Count);
        var ready = new PriorityQueue<int, int>(Enumerable.Range(0, nodes.Count).Where(i => missing[i] == 0).Select(i => (i, i)));
        while (ready.TryDequeue(out int next, out _))
        {
            sorted.Add(nodes[next]);
            foreach (int reader in readers[next] ?? [])
            {
                if (--missing[reader] == 0)
                {
                    ready.Enqueue(reader, reader);
                }
            }
        }

        return sorted.Count == nodes.Count ? sorted.MoveToImmutable() : throw Cycle(file, nodes.Where((_, i) => missing[i] > 0));
    }

    private static string Tensor(string reference, NodeDef node, string file)
    {
        int colon = reference.LastIndexOf(':');
        if (colon < 0)
        {
            return reference;
        }

        return int.TryParse(reference.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < MostOutputs
            ? RawNode.Output(reference[..colon], index)
            : throw Error(file, "TensorFlowDamaged", $"node '{node.Name}' ({node.Op}) reads '{reference}', which is no output of a node (0 to {MostOutputs - 1})", node.Name);
    }

    private static IpuException Cycle(string file, IEnumerable<RawNode> left)
    {
        RawNode first = left.FirstOrDefault(n => n.Op is "NextIteration") ?? left.First();
        return first.Op is "NextIteration"
            ? Error(file, "TensorFlowLoop", $"node '{first.Name}' closes a while loop, and loops are not supported; export the model with the loop unrolled, or cut it before", first.Name, IpuErrorKind.NotSupported)
            : Error(file, "TensorFlowCycle", $"node '{first.Name}' ({first.Op}) depends on its own output", first.Name);
    }

    private static IpuException Error(string file, string id, string message, string target, IpuErrorKind kind = IpuErrorKind.InvalidFile) =>
        new(id, $"{Path.GetFileName(file)}: {message}", kind) { Target = target };
}
