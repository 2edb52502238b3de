using System.Collections.Immutable;
using System.Globalization;

namespace SgsIpu.Core;

/// <summary>
/// The only way to make or change a <see cref="Graph"/>. Edits may leave it unsorted and with dead nodes; <see cref="ToGraph"/> sorts
/// and <see cref="RemoveDead"/> cleans. Names stay unique.
/// </summary>
public sealed class GraphEditor
{
    private readonly Dictionary<string, TensorSpec> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Node> _producers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _consumers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _suffixes = new(StringComparer.Ordinal);
    private List<string> _order = [];

    public GraphEditor(string name) => Name = name;

    internal GraphEditor(Graph graph)
        : this(graph.Name)
    {
        foreach (TensorSpec tensor in graph.Tensors.Values)
        {
            _tensors.Add(tensor.Name, tensor);
        }

        foreach (Node node in graph.Nodes)
        {
            Attach(node);
        }

        Inputs = [.. graph.Inputs];
        Outputs = [.. graph.Outputs];
    }

    public string Name { get; set; }

    public IList<string> Inputs { get; } = new List<string>();

    public IList<string> Outputs { get; } = new List<string>();

    /// <summary>A snapshot of the nodes; safe to walk while editing. Sorted only after <see cref="Sort"/> or in <see cref="ToGraph"/>.</summary>
    public IReadOnlyList<Node> Nodes => [.. _order.Where(_nodes.ContainsKey).Select(n => _nodes[n])];

    public IReadOnlyCollection<TensorSpec> Tensors => [.. _tensors.Values];

    public TensorSpec this[string tensor] => _tensors.TryGetValue(tensor, out TensorSpec? spec)
        ? spec
        : throw new IpuException("UnknownTensor", $"the graph '{Name}' has no tensor '{tensor}'", IpuErrorKind.NotFound) { Target = tensor };

    public bool HasTensor(string name) => _tensors.ContainsKey(name);

    public bool HasNode(string name) => _nodes.ContainsKey(name);

    public Node? Producer(string tensor) => _producers.GetValueOrDefault(tensor);

    public Node NodeNamed(string name) => _nodes[name];

    /// <summary>The nodes that read a tensor.</summary>
    public IReadOnlyList<Node> Consumers(string tensor) =>
        _consumers.TryGetValue(tensor, out HashSet<string>? set) ? [.. set.Order(StringComparer.Ordinal).Select(n => _nodes[n])] : [];

    public TensorSpec?[] InputsOf(Node node) => [.. node.Inputs.Select(i => i.Length == 0 ? null : this[i])];

    /// <summary>True where exactly one node reads the tensor and it is no graph output.</summary>
    public bool HasSingleUse(string tensor) =>
        !Outputs.Contains(tensor) && _consumers.TryGetValue(tensor, out HashSet<string>? set) && set.Count == 1
        && _nodes[set.First()].Inputs.Count(i => i == tensor) == 1;

    /// <summary>A name that no tensor and no node has yet: the wanted one, or it with a number.</summary>
    public string FreshName(string wanted)
    {
        if (wanted.Length > 0 && !_tensors.ContainsKey(wanted) && !_nodes.ContainsKey(wanted))
        {
            return wanted;
        }

        int i = _suffixes.GetValueOrDefault(wanted, 0);
        string name;
        do
        {
            i++;
            name = wanted + "_" + i.ToString(CultureInfo.InvariantCulture);
        }
        while (_tensors.ContainsKey(name) || _nodes.ContainsKey(name));
        _suffixes[wanted] = i;
        return name;
    }

    public void AddTensor(TensorSpec tensor)
    {
        if (!_tensors.TryAdd(tensor.Name, tensor))
        {
            throw new IpuException("DuplicateTensor", $"the graph '{Name}' has two tensors named '{tensor.Name}'", IpuErrorKind.Internal);
        }
    }

    /// <summary>Adds a constant under a fresh name, which it returns.</summary>
    public string AddConstant(string wantedName, Tensor value)
    {
        string name = FreshName(wantedName);
        AddTensor(TensorSpec.OfConstant(name, value));
        return name;
    }

    /// <summary>Replaces the description of a tensor, under the same name.</summary>
    public void SetTensor(TensorSpec tensor)
    {
        _ = this[tensor.Name];
        _tensors[tensor.Name] = tensor;
    }

    /// <summary>Adds a graph input.</summary>
    public void AddInput(TensorSpec tensor)
    {
        AddTensor(tensor);
        Inputs.Add(tensor.Name);
    }

    /// <summary>Adds a node; outputs that are no tensors yet are created with inferred type and shape.</summary>
    /// <exception cref="IpuException">An input is unknown, an output already has a producer, or the operator refuses the inputs.</exception>
    public Node AddNode(string wantedName, Operator op, ReadOnlySpan<string> inputs, ReadOnlySpan<string> outputs)
    {
        var node = new Node(UniqueNodeName(wantedName), op, [.. inputs], [.. outputs]);
        TensorType[] types = op.InferOutputs(InputsOf(node));
        for (int i = 0; i < node.Outputs.Length; i++)
        {
            if (!_tensors.ContainsKey(node.Outputs[i]))
            {
                _tensors.Add(node.Outputs[i], new TensorSpec(node.Outputs[i], types[i].Type, types[i].Shape));
            }
        }

        Attach(node);
        return node;
    }

    /// <summary>Adds a node with one output under a fresh name and returns that name.</summary>
    public string Add(string wantedOutput, Operator op, params ReadOnlySpan<string> inputs)
    {
        string output = FreshName(wantedOutput);
        AddNode(output, op, inputs, [output]);
        return output;
    }

    /// <summary>Swaps a node for another with the same name; its outputs keep their tensors.</summary>
    public void ReplaceNode(Node old, Node replacement)
    {
        Detach(old);
        int at = _order.IndexOf(old.Name);
        Attach(replacement, at);
    }

    public void RemoveNode(Node node)
    {
        Detach(node);
        _order.Remove(node.Name);
    }

    /// <summary>Makes every reader of <paramref name="old"/> (graph outputs included) read <paramref name="replacement"/>.</summary>
    public void ReplaceUses(string old, string replacement)
    {
        foreach (Node consumer in Consumers(old))
        {
            ReplaceNode(consumer, consumer with { Inputs = [.. consumer.Inputs.Select(i => i == old ? replacement : i)] });
        }

        for (int i = 0; i < Outputs.Count; i++)
        {
            if (Outputs[i] == old)
            {
                Outputs[i] = replacement;
            }
        }
    }

    /// <summary>Renames a tensor everywhere; the new name must be free.</summary>
    public void RenameTensor(string old, string name)
    {
        if (old == name)
        {
            return;
        }

        TensorSpec spec = this[old];
        AddTensor(spec with { Name = name });
        if (Producer(old) is { } producer)
        {
            ReplaceNode(producer, producer with { Outputs = [.. producer.Outputs.Select(o => o == old ? name : o)] });
        }

        ReplaceUses(old, name);
        for (int i = 0; i < Inputs.Count; i++)
        {
            if (Inputs[i] == old)
            {
                Inputs[i] = name;
            }
        }

        _tensors.Remove(old);
    }

    /// <summary>Exchanges the names of two tensors, so that a rewritten graph keeps the name that the user knows.</summary>
    public void SwapNames(string a, string b)
    {
        string spare = FreshName(a + "/swap");
        RenameTensor(a, spare);
        RenameTensor(b, a);
        RenameTensor(spare, b);
    }

    /// <summary>Drops nodes that reach no output and tensors that nothing refers to. Graph inputs stay.</summary>
    public void RemoveDead()
    {
        var live = new HashSet<string>(Outputs, StringComparer.Ordinal);
        var keep = new HashSet<string>(StringComparer.Ordinal);
        var stack = new Stack<string>(Outputs);
        while (stack.TryPop(out string? tensor))
        {
            if (Producer(tensor) is { } node && keep.Add(node.Name))
            {
                foreach (string output in node.Outputs)
                {
                    live.Add(output);
                }

                foreach (string input in node.Inputs.Where(i => i.Length > 0))
                {
                    live.Add(input);
                    stack.Push(input);
                }
            }
        }

        foreach (Node node in Nodes.Where(n => !keep.Contains(n.Name)))
        {
            Detach(node);
        }

        _order = [.. _order.Where(keep.Contains)];
        live.UnionWith(Inputs);
        foreach (string tensor in _tensors.Keys.Where(t => !live.Contains(t)).ToArray())
        {
            _tensors.Remove(tensor);
        }
    }

    /// <summary>Sorts the nodes so that each comes after the producers of its inputs, keeping the present order where it can.</summary>
    /// <exception cref="IpuException">The graph has a cycle.</exception>
    public void Sort()
    {
        var position = _order.Where(_nodes.ContainsKey).Select((n, i) => (n, i)).ToDictionary(p => p.n, p => p.i, StringComparer.Ordinal);
        var missing = new Dictionary<string, int>(StringComparer.Ordinal);
        var ready = new PriorityQueue<string, int>();
        foreach (Node node in _nodes.Values)
        {
            int count = node.Inputs.Where(i => i.Length > 0).Distinct().Count(_producers.ContainsKey);
            missing[node.Name] = count;
            if (count == 0)
            {
                ready.Enqueue(node.Name, position[node.Name]);
            }
        }

        var sorted = new List<string>(_nodes.Count);
        while (ready.TryDequeue(out string? name, out _))
        {
            sorted.Add(name);
            foreach (string output in _nodes[name].Outputs)
            {
                foreach (Node consumer in Consumers(output))
                {
                    if (--missing[consumer.Name] == 0)
                    {
                        ready.Enqueue(consumer.Name, position[consumer.Name]);
                    }
                }
            }
        }

        if (sorted.Count != _nodes.Count)
        {
            string stuck = _nodes.Keys.Except(sorted, StringComparer.Ordinal).Order(StringComparer.Ordinal).First();
            throw new IpuException("GraphCycle", $"the graph '{Name}' has a cycle through node '{stuck}'") { Target = stuck };
        }

        _order = sorted;
    }

    /// <summary>An immutable graph of the present state, sorted.</summary>
    public Graph ToGraph()
    {
        Sort();
        return new Graph(Name, Nodes, _tensors.Values, [.. Inputs], [.. Outputs]);
    }

    private string UniqueNodeName(string wanted)
    {
        string name = wanted.Length == 0 ? "node" : wanted;
        if (!_nodes.ContainsKey(name))
        {
            return name;
        }

        int i = 1;
        while (_nodes.ContainsKey(name + "_" + i.ToString(CultureInfo.InvariantCulture)))
        {
            i++;
        }

        return name + "_" + i.ToString(CultureInfo.InvariantCulture);
    }

    private void Attach(Node node, int at = -1)
    {
        foreach (string input in node.Inputs.Where(i => i.Length > 0))
        {
            _ = this[input];
            if (!_consumers.TryGetValue(input, out HashSet<string>? set))
            {
                _consumers[input] = set = new HashSet<string>(StringComparer.Ordinal);
            }

            set.Add(node.Name);
        }

        foreach (string output in node.Outputs)
        {
            if (!_producers.TryAdd(output, node))
            {
                throw new IpuException("DuplicateProducer", $"tensor '{output}' is written by {_producers[output]} and by {node}");
            }
        }

        _nodes.Add(node.Name, node);
        if (at < 0)
        {
            _order.Add(node.Name);
        }
        else
        {
            _order[at] = node.Name;
        }
    }

    private void Detach(Node node)
    {
        _nodes.Remove(node.Name);
        foreach (string output in node.Outputs)
        {
            _producers.Remove(output);
        }

        foreach (string input in node.Inputs.Where(i => i.Length > 0))
        {
            _consumers[input].Remove(node.Name);
        }
    }
}
