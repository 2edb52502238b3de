using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Importing;

/// <summary>
/// Turns a source graph into IR: operators lift their nodes in order, what depends on constants only is computed on the way (so that
/// shape arithmetic is gone when the next node asks for a shape), and images become NHWC behind transposes that a pass removes.
/// </summary>
internal sealed class GraphLifter
{
    private static readonly ImmutableArray<int> ToNchw = [0, 3, 1, 2];
    private static readonly ImmutableArray<int> ToNhwc = [0, 2, 3, 1];

    private readonly SourceGraph _source;
    private readonly ImportOptions _options;
    private readonly GraphEditor _editor;

    /// <summary>IR tensor of each source tensor.</summary>
    private readonly Dictionary<string, string> _tensors = new(StringComparer.Ordinal);

    /// <summary>Source tensors that could not be lifted, so that one unsupported operator is reported once.</summary>
    private readonly HashSet<string> _lost = new(StringComparer.Ordinal);
    private readonly List<SourceNode> _unsupported = [];

    private GraphLifter(SourceGraph source, ImportOptions options)
    {
        _source = source;
        _options = options;
        _editor = new GraphEditor(source.Name);
    }

    /// <summary>A TensorFlow graph says the order at each operator over images; one order serves a whole graph.</summary>
    private bool ChannelsFirst => _source.Framework is Framework.Onnx or Framework.Caffe
        || (_source.Framework == Framework.TensorFlow && _source.Nodes.Any(n => n.Has("data_format") && n.String("data_format", "") == "NCHW"));

    /// <exception cref="IpuException">
    /// An operator is not supported (id <c>UnsupportedOperator</c>, all of them in one message), a shape is not known
    /// (<c>InputShapeUnknown</c>), or a node is wrong.
    /// </exception>
    public static Graph Lift(SourceGraph source, ImportOptions options, CancellationToken cancellationToken)
    {
        var lifter = new GraphLifter(source, options);
        lifter.AddInputs();
        foreach (SourceNode node in source.Nodes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            lifter.LiftNode(node);
        }

        lifter.ReportUnsupported();
        lifter.AddOutputs();
        return lifter.Finish();
    }

    /// <summary>Shapes of inner tensors in the framework's own dimension order.</summary>
    public static ImmutableDictionary<string, Shape> ShapesOf(SourceGraph source, ImportOptions options, IEnumerable<string> tensors, CancellationToken cancellationToken)
    {
        var lifter = new GraphLifter(source, options);
        lifter.AddInputs();
        foreach (SourceNode node in source.Nodes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            lifter.LiftNode(node);
        }

        lifter.ReportUnsupported();
        return tensors.ToImmutableDictionary(t => t, t => lifter._editor[lifter._tensors[t]].Shape);
    }

    private void AddInputs()
    {
        foreach (SourceTensor input in _source.Inputs)
        {
            Shape shape = InputShapeResolver.Resolve(_source, input, _options.InputShapes);
            DataType type = input.Type.IsFloat() ? DataType.Float32 : input.Type;
            if (ChannelsFirst && shape.Rank == 4)
            {
                _editor.AddInput(new TensorSpec(input.Name, type, shape.Permute(ToNhwc.AsSpan())));
                _tensors[input.Name] = _editor.Add(input.Name + "/nchw", new TransposeOp(ToNchw), input.Name);
            }
            else
            {
                _editor.AddInput(new TensorSpec(input.Name, type, shape));
                _tensors[input.Name] = input.Name;
            }
        }
    }

    private void LiftNode(SourceNode node)
    {
        if (node.Inputs.Any(_lost.Contains))
        {
            Lose(node);
            return;
        }

        foreach (string input in node.Inputs.Where(i => i.Length > 0 && !_tensors.ContainsKey(i)))
        {
            _tensors[input] = _source.Constants.TryGetValue(input, out Tensor? value)
                ? _editor.AddConstant(input, OneKindOfReal(value))
                : throw new IpuException("MissingTensor", $"{File}: node '{node.Name}' ({node.OpType}) reads '{input}', which nothing computes") { Target = input };
        }

        if (OpCatalog.RuleFor(_source.Framework, node) is { } rule)
        {
            node = WithAlignedOperand(node);
            var context = new LiftContext(node, _source, _editor, _tensors);
            rule.Lift(context);
            Fold(context.Added);
        }
        else if (_source.Framework == Framework.Onnx && node.Inputs.All(i => i.Length == 0 || Constant(i) is not null))
        {
            Tensor[] values = ConstantFolder.Evaluate(node, _source, i => Constant(i)!);
            foreach ((string output, Tensor value) in node.Outputs.Where(o => o.Length > 0).Zip(values))
            {
                _tensors[output] = _editor.AddConstant(output, OneKindOfReal(value));
            }
        }
        else
        {
            _unsupported.Add(node);
            Lose(node);
        }
    }

    /// <summary>
    /// Before ONNX operator set 7 an attribute said at which dimension of the first operand the second begins, and the slope of PRelu was
    /// about the channels. The second operand gets the dimensions that it lacks behind its own.
    /// </summary>
    private SourceNode WithAlignedOperand(SourceNode node)
    {
        bool slope = node.OpType == "PRelu";
        if (_source.Framework != Framework.Onnx || _source.Opset >= 7 || node.Inputs.Length != 2 || !(slope || (node.Int("broadcast", 0) != 0 && node.Has("axis"))))
        {
            return node;
        }

        string second = _tensors[node.Inputs[1]];
        Shape shape = _editor[second].Shape;
        int after = _editor[_tensors[node.Inputs[0]]].Shape.Rank - (slope ? 1 : (int)node.Int("axis", 0)) - shape.Rank;
        if (after <= 0 || shape.Count == 1)
        {
            return node;
        }

        string aligned = node.Name + "/aligned";
        _tensors[aligned] = _editor.Add(_editor.FreshName(aligned), new ReshapeOp(new Shape([.. shape, .. Enumerable.Repeat(1, after)])), second);
        if (_editor.Producer(_tensors[aligned]) is { } added)
        {
            Fold([added]);
        }

        return node with { Inputs = [node.Inputs[0], aligned] };
    }

    /// <summary>The IR computes with one kind of real number, so inputs and constants of others become it.</summary>
    private static Tensor OneKindOfReal(Tensor value) =>
        value.Type is DataType.Float16 or DataType.Float64 ? Tensor.FromArray<float>(value.ToFloats(), value.Shape) : value;

    private Tensor? Constant(string source) => _editor[_tensors[source]].Constant;

    private void Lose(SourceNode node) => _lost.UnionWith(node.Outputs.Where(o => o.Length > 0));

    private void Fold(IReadOnlyList<Node> added)
    {
        foreach (Node node in added)
        {
            // Even unsimplified models need their shape arithmetic done; Caffe's is in real numbers (prior boxes).
            if (!_options.SkipSimplify || _source.Framework == Framework.Caffe || node.Outputs.All(o => _editor[o].Type is DataType.Int64 or DataType.Int32 or DataType.Bool))
            {
                ConstantFolder.TryFold(_editor, node);
            }
        }
    }

    private void ReportUnsupported()
    {
        if (_unsupported.Count == 0)
        {
            return;
        }

        IEnumerable<string> kinds = _unsupported.GroupBy(n => n.Domain.Length == 0 ? n.OpType : $"{n.Domain}.{n.OpType}")
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => $"{g.Key} ({g.Count()}×, first '{g.First().Name}')" + (NearestForms.Of(_source.Framework, g.First()) is { Length: > 0 } remedy ? $" – {remedy}" : ""));
        throw new IpuException("UnsupportedOperator", $"{File}: {_source.Framework} operators that are not supported: {string.Join("; ", kinds)}", IpuErrorKind.NotSupported)
        {
            Target = _unsupported[0].Name,
        };
    }

    private void AddOutputs()
    {
        foreach (SourceTensor output in _source.Outputs)
        {
            if (!_tensors.TryGetValue(output.Name, out string? tensor))
            {
                tensor = _source.Constants.TryGetValue(output.Name, out Tensor? value)
                    ? _editor.AddConstant(output.Name, OneKindOfReal(value))
                    : throw new IpuException("MissingTensor", $"{File}: nothing computes output '{output.Name}'") { Target = output.Name };
            }

            bool image = ChannelsFirst && _editor[tensor].Shape.Rank == 4 && !IsPostProcessed(tensor);
            tensor = image ? _editor.Add(output.Name + "/nhwc", new TransposeOp(ToNhwc), tensor)
                // An output that is an input, a constant or another output as well needs a tensor of its own.
                : _editor.Producer(tensor) is null || _editor.Outputs.Contains(tensor) ? _editor.Add(output.Name, new IdentityOp(), tensor)
                : tensor;
            if (tensor != output.Name)
            {
                if (!_editor.HasTensor(output.Name))
                {
                    _editor.RenameTensor(tensor, output.Name);
                    tensor = output.Name;
                }
                else if (!_editor.Inputs.Contains(output.Name))
                {
                    _editor.SwapNames(tensor, output.Name);
                    tensor = output.Name;
                }
            }

            _editor.Outputs.Add(tensor);
        }
    }

    /// <summary>Rows of detections are no image, whatever their rank.</summary>
    private bool IsPostProcessed(string tensor) =>
        _editor.Producer(tensor) is { } node && ((IpuOperator)node.Op).Quantize(_editor.InputsOf(node)).Class == QuantClass.PostProcessing;

    private Graph Finish()
    {
        _editor.RemoveDead();
        return _editor.ToGraph();
    }

    private string File => Path.GetFileName(_source.Path);
}
