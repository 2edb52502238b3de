using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// One source node while it is lifted. Shapes of all inputs are known, and what can be computed from constants already is
/// (<see cref="Constant"/> sees through shape arithmetic).
/// </summary>
public sealed class LiftContext
{
    private readonly GraphEditor _editor;
    private readonly Dictionary<string, string> _tensors;
    private readonly List<Node> _added = [];

    /// <param name="editor">The IR under construction.</param>
    /// <param name="tensors">IR tensor of every source tensor lifted so far; outputs are added to it.</param>
    public LiftContext(SourceNode node, SourceGraph graph, GraphEditor editor, Dictionary<string, string> tensors)
    {
        Node = node;
        Graph = graph;
        _editor = editor;
        _tensors = tensors;
    }

    public SourceNode Node { get; }

    public SourceGraph Graph { get; }

    /// <summary>Version of the framework's operator set.</summary>
    public int Opset => Graph.Opset;

    public int InputCount => Node.Inputs.Length;

    public int OutputCount => Node.Outputs.Length;

    /// <summary>Nodes that this context added, for the importer.</summary>
    public IReadOnlyList<Node> Added => _added;

    public bool HasInput(int index) => index < Node.Inputs.Length && Node.Inputs[index].Length > 0;

    public bool HasOutput(int index) => index < Node.Outputs.Length && Node.Outputs[index].Length > 0;

    /// <summary>IR tensor name of a source input.</summary>
    public string Input(int index) => HasInput(index)
        ? _tensors[Node.Inputs[index]]
        : throw Error("MissingInput", $"input {index} is missing");

    /// <summary>IR tensor name of a source input, or "" where it is absent.</summary>
    public string OptionalInput(int index) => HasInput(index) ? Input(index) : "";

    public TensorSpec Spec(int index) => _editor[Input(index)];

    public TensorSpec SpecOf(string tensor) => _editor[tensor];

    /// <summary>The values of an input that is constant, else null.</summary>
    public Tensor? Constant(int index) => HasInput(index) ? _editor[Input(index)].Constant : null;

    /// <summary>The values of an input that must be constant.</summary>
    public Tensor RequireConstant(int index, string meaning) => Constant(index)
        ?? throw Error("NotConstant", $"{meaning} (input {index}, '{Node.Inputs[index]}') is computed from the data; it must be constant", IpuErrorKind.NotSupported);

    /// <summary>Axes, shapes and the like from an attribute or, in newer operator sets, from a constant input; null where absent.</summary>
    public long[]? IntsFrom(string attribute, int input) =>
        Node.Ints(attribute) ?? (HasInput(input) ? RequireConstant(input, attribute).ToLongs() : null);

    public string AddConstant(Tensor value, string hint) => _editor.AddConstant(Node.Name + "/" + hint, value);

    /// <summary>Adds a node for an intermediate value and returns the name of its output.</summary>
    public string Add(string hint, IpuOperator op, params ReadOnlySpan<string> inputs)
    {
        string output = _editor.FreshName(Node.Name + "/" + hint);
        _added.Add(_editor.AddNode(output, op, inputs, [output]));
        return output;
    }

    /// <summary>Adds a node with several outputs for intermediate values and returns their names.</summary>
    public string[] AddMany(string hint, IpuOperator op, int outputs, params ReadOnlySpan<string> inputs)
    {
        var names = new string[outputs];
        for (int i = 0; i < outputs; i++)
        {
            names[i] = _editor.FreshName($"{Node.Name}/{hint}{i}");
        }

        _added.Add(_editor.AddNode(Node.Name, op, inputs, names));
        return names;
    }

    /// <summary>
    /// Adds the node that computes source output <paramref name="output"/> itself; the IR tensor gets the source tensor's name, so that
    /// users find it.
    /// </summary>
    public string AddOutput(int output, IpuOperator op, params ReadOnlySpan<string> inputs)
    {
        string name = _editor.FreshName(Node.Outputs[output]);
        _added.Add(_editor.AddNode(Node.Name, op, inputs, [name]));
        _tensors[Node.Outputs[output]] = name;
        return name;
    }

    /// <summary>Adds one node with several outputs, one for each source output (absent ones get a spare tensor).</summary>
    public void AddOutputs(IpuOperator op, params ReadOnlySpan<string> inputs)
    {
        string[] names = [.. Node.Outputs.Select((o, i) => _editor.FreshName(o.Length > 0 ? o : $"{Node.Name}/unused{i}"))];
        _added.Add(_editor.AddNode(Node.Name, op, inputs, names));
        for (int i = 0; i < names.Length; i++)
        {
            if (Node.Outputs[i].Length > 0)
            {
                _tensors[Node.Outputs[i]] = names[i];
            }
        }
    }

    /// <summary>Says that source output <paramref name="output"/> is an IR tensor that exists already.</summary>
    public void Bind(int output, string tensor) => _tensors[Node.Outputs[output]] = tensor;

    /// <summary>Says that a source output is a constant.</summary>
    public void BindConstant(int output, Tensor value) => Bind(output, _editor.AddConstant(Node.Outputs[output], value));

    /// <summary>
    /// For channels-first frameworks: runs an NHWC operator on NCHW inputs. The first input is transposed to NHWC, the output carries the
    /// source's name in NHWC, and its NCHW form is bound to the source output. A pass cancels the transposes.
    /// </summary>
    public void AddImageOutput(IpuOperator op, params ReadOnlySpan<string> inputs)
    {
        string[] all = inputs.ToArray();
        all[0] = ToNhwc(all[0]);
        Bind(0, Add("nchw", new TransposeOp([0, 3, 1, 2]), AddNamed(op, all)));
    }

    /// <summary>Adds the node that carries the source node's name and whose result carries that of source output 0, which is left unbound.</summary>
    public string AddNamed(IpuOperator op, params ReadOnlySpan<string> inputs)
    {
        string name = _editor.FreshName(Node.Outputs[0]);
        _added.Add(_editor.AddNode(Node.Name, op, inputs, [name]));
        return name;
    }

    public string ToNhwc(string tensor) => Add("nhwc", new TransposeOp([0, 2, 3, 1]), tensor);

    public IpuException Error(string errorId, string message, IpuErrorKind kind = IpuErrorKind.InvalidFile) =>
        new(errorId, $"{Path.GetFileName(Graph.Path)}: node '{Node.Name}' ({Node.OpType}): {message}", kind) { Target = Node.Name };
}
