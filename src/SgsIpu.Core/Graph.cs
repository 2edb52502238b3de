using System.Collections.Frozen;
using System.Collections.Immutable;

namespace SgsIpu.Core;

/// <summary>
/// An immutable dataflow graph: nodes in execution order, and every tensor by name. Changed only by <see cref="GraphEditor"/>, which
/// makes a new one.
/// </summary>
public sealed class Graph
{
    private readonly FrozenDictionary<string, TensorSpec> _tensors;
    private readonly Dictionary<string, Node> _producers;
    private readonly Dictionary<string, List<Node>> _consumers;

    internal Graph(string name, IEnumerable<Node> nodes, IEnumerable<TensorSpec> tensors, ImmutableArray<string> inputs, ImmutableArray<string> outputs)
    {
        Name = name;
        Nodes = [.. nodes];
        _tensors = tensors.ToFrozenDictionary(t => t.Name, StringComparer.Ordinal);
        Inputs = inputs;
        Outputs = outputs;
        _producers = new Dictionary<string, Node>(StringComparer.Ordinal);
        _consumers = new Dictionary<string, List<Node>>(StringComparer.Ordinal);
        foreach (Node node in Nodes)
        {
            foreach (string output in node.Outputs)
            {
                _producers[output] = node;
            }

            foreach (string input in node.Inputs.Where(i => i.Length > 0).Distinct())
            {
                if (!_consumers.TryGetValue(input, out List<Node>? list))
                {
                    _consumers[input] = list = [];
                }

                list.Add(node);
            }
        }
    }

    public string Name { get; }

    /// <summary>The nodes in an order in which they can run.</summary>
    public ImmutableArray<Node> Nodes { get; }

    public IReadOnlyDictionary<string, TensorSpec> Tensors => _tensors;

    /// <summary>Names of the graph's inputs, in the order of the model.</summary>
    public ImmutableArray<string> Inputs { get; }

    /// <summary>Names of the graph's outputs, in the order of the model.</summary>
    public ImmutableArray<string> Outputs { get; }

    public TensorSpec this[string tensor] => _tensors.TryGetValue(tensor, out TensorSpec? spec)
        ? spec
        : throw new IpuException("UnknownTensor", $"the graph '{Name}' has no tensor '{tensor}'", IpuErrorKind.NotFound) { Target = tensor };

    /// <summary>The node that computes a tensor; null for graph inputs and constants.</summary>
    public Node? Producer(string tensor) => _producers.GetValueOrDefault(tensor);

    /// <summary>The nodes that read a tensor, in execution order.</summary>
    public IReadOnlyList<Node> Consumers(string tensor) => _consumers.TryGetValue(tensor, out List<Node>? list) ? list : [];

    /// <summary>The tensors that a node reads, null for an absent optional one.</summary>
    public TensorSpec?[] InputsOf(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return [.. node.Inputs.Select(i => i.Length == 0 ? null : this[i])];
    }

    /// <summary>The tensors that a node writes.</summary>
    public TensorSpec[] OutputsOf(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return [.. node.Outputs.Select(o => this[o])];
    }

    /// <summary>An editor that starts from this graph.</summary>
    public GraphEditor Edit() => new(this);
}
