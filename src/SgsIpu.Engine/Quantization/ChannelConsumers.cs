using System.Collections.Concurrent;
using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization;

/// <summary>What the nodes of a graph make of the channels of their inputs, found once for all variants of it. Safe from several threads.</summary>
internal sealed class ChannelConsumers(Graph graph)
{
    private readonly ConcurrentDictionary<string, ChannelConsumer?> _known = new(StringComparer.Ordinal);

    /// <summary>As <see cref="ChannelConsumer.Of"/>, with the node's own weights.</summary>
    public ChannelConsumer? Of(Node node) => _known.GetOrAdd(node.Name, static (_, p) => ChannelConsumer.Of(p.graph, p.node), (graph, node));
}
