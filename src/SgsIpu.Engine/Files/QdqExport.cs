using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Quantization;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Files;

/// <summary>
/// A fixed model as an ONNX model of real numbers with QuantizeLinear and DequantizeLinear at every tensor, which other runtimes fuse into
/// integer kernels. It takes the network's normalized input. A tensor that has a scale for each channel is written divided by these scales:
/// the weights of a convolution that writes it take the division, those of one that reads it already hold the product, so that one scale
/// serves the tensor. Element-wise operators have their values multiplied and divided.
/// </summary>
internal sealed class QdqExport
{
    private readonly Graph _graph;
    private readonly GraphEditor _editor;
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Tensor Value, double[] Scale, int Axis)> _integers = new(StringComparer.Ordinal);

    private QdqExport(Graph graph)
    {
        _graph = graph;
        _editor = new GraphEditor(graph.Name);
    }

    /// <exception cref="IpuException">The model has an input or a tensor that has no counterpart in real numbers (id <c>ExportNotSupported</c>).</exception>
    public static SourceGraph Of(Graph graph, CancellationToken cancellationToken)
    {
        var export = new QdqExport(graph);
        foreach (Node node in graph.Nodes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            export.Add(node);
        }

        foreach (string output in graph.Outputs)
        {
            export._editor.Outputs.Add(export._names[output]);
        }

        Graph real = export._editor.ToGraph();
        return new OnnxEmitter(real) { IntegerConstants = export._integers }.Emit([.. real.Outputs]);
    }

    private void Add(Node node)
    {
        switch (node.Op)
        {
            case NormalizeImageOp or QuantizeOp:
                TensorSpec first = _graph[node.Outputs[0]];
                _editor.AddInput(new TensorSpec(node.Inputs[0], DataType.Float32, first.Shape));
                _names[node.Inputs[0]] = node.Inputs[0];
                AddPair(first, Offset(first, Divided(first, node.Inputs[0])));
                return;
            case RequantizeOp:
                AddPair(_graph[node.Outputs[0]], Offset(_graph[node.Outputs[0]], Divided(_graph[node.Outputs[0]], Whole(node.Inputs[0]))));
                return;
            case DequantizeOp:
                _names[node.Outputs[0]] = _editor.Add(node.Outputs[0], new IdentityOp(), Real(node.Inputs[0]));
                return;
        }

        TensorSpec output = _graph[node.Outputs[0]];
        QuantClass kind = ((IpuOperator)node.Op).Quantize(_graph.InputsOf(node)).Class;
        bool folded = output.Quant is { IsPerTensor: false } && node.Op is ImageConvolutionOp or FullyConnectedOp;
        string[] inputs = [.. node.Inputs.Where(i => !IsTable(node, i)).Select((name, i) => name.Length == 0 ? "" : Read(node, name, i, folded ? output.Quant : null, kind))];
        string[] outputs = [.. node.Outputs.Select(o => _editor.FreshName(o + "/real"))];
        bool wide = output.Type == DataType.Int16;
        (IpuOperator op, float min, float max) = Unbounded((IpuOperator)node.Op);
        _editor.AddNode(node.Name + "/real", wide || folded ? op : node.Op, inputs, outputs);
        if (wide)
        {
            outputs[0] = Bounded(outputs[0], min, max);
        }
        else if (folded && min == 0)
        {
            outputs[0] = _editor.Add(outputs[0] + "/relu", new ClipOp(0), outputs[0]);
        }

        for (int o = 0; o < outputs.Length; o++)
        {
            TensorSpec spec = _graph[node.Outputs[o]];
            AddPair(spec, folded || kind == QuantClass.Preserving ? outputs[o] : Offset(spec, Divided(spec, outputs[o])));
        }
    }

    /// <summary>Tables are of the integer form alone.</summary>
    private bool IsTable(Node node, string input) => input.StartsWith(node.Name + "/table", StringComparison.Ordinal) && _graph[input].IsConstant;

    /// <summary>Rounds the real values of a tensor as its integers do.</summary>
    private void AddPair(TensorSpec spec, string value)
    {
        _names[spec.Name] = spec.Quant is { } quant
            ? _editor.Add(spec.Name, new QuantizationPairOp(spec.Type, (float)(quant.IsPerTensor ? quant.Scale[0] : 1), quant.ZeroPoint), value)
            : value;
    }

    /// <summary>Divides by the scales of a tensor that has one for each channel.</summary>
    private string Divided(TensorSpec spec, string value) =>
        spec.Quant is { IsPerTensor: false } quant ? Multiplied(spec.Name, value, quant.Scale.Select(s => 1 / s)) : value;

    /// <summary>Adds the offsets of a tensor that is written divided by scales; what reads it has them in its bias.</summary>
    private string Offset(TensorSpec spec, string value) => spec.Quant is { Offsets.IsEmpty: false } quant
        ? Added(spec.Name, value, quant.Offsets)
        : value;

    private string Added(string name, string value, IEnumerable<int> offsets)
    {
        float[] all = [.. offsets.Select(o => (float)o)];
        return _editor.Add(name + "/shifted", new AddOp(), value, _editor.AddConstant(name + "/offsets", Tensor.FromArray<float>(all, all.Length)));
    }

    /// <summary>
    /// The offsets of what a convolution pads: as it pads with 0, it reads them taken off, and its bias has not what they add. Null where there is nothing to
    /// take off.
    /// </summary>
    private ImmutableArray<int>? PaddedOffsets(Node node) =>
        node.Op is ImageConvolutionOp op and (Conv2DOp or DepthwiseConv2DOp) && (op.PadTop, op.PadBottom, op.PadLeft, op.PadRight) != (0, 0, 0, 0)
        && _graph[node.Inputs[0]].Quant is { Offsets.IsEmpty: false } quant ? quant.Offsets : null;

    /// <summary>The real values of a tensor, whether or not it is written divided by scales.</summary>
    private string Whole(string tensor) =>
        _graph[tensor].Quant is { IsPerTensor: false } quant ? Multiplied(tensor, Real(tensor), quant.Scale) : Real(tensor);

    private string Multiplied(string name, string value, IEnumerable<double> factors)
    {
        float[] all = [.. factors.Select(f => (float)f)];
        return _editor.Add(name + "/scaled", new MulOp(), value, _editor.AddConstant(name + "/scales", Tensor.FromArray<float>(all, all.Length)));
    }

    private string Real(string tensor) => _names.TryGetValue(tensor, out string? name)
        ? name
        : throw new IpuException("ExportNotSupported", $"tensor '{tensor}' of '{_graph.Name}' has no counterpart in real numbers", IpuErrorKind.NotSupported) { Target = tensor };

    private string Read(Node node, string name, int position, QuantParam? outputScales, QuantClass kind)
    {
        TensorSpec spec = _graph[name];
        if (spec.Constant is not { } constant)
        {
            if (_graph.Inputs.Contains(name) && !_names.ContainsKey(name))
            {
                _editor.AddInput(spec);
                _names[name] = name;
            }

            bool divided = kind == QuantClass.Preserving && _graph[node.Outputs[0]].Quant is { IsPerTensor: false };
            if (PaddedOffsets(node) is { } pads)
            {
                return Added(node.Name, Real(name), pads.Select(o => -o));
            }

            return divided && spec.Quant is { IsPerTensor: true } one ? Multiplied(name, Real(name), [1 / one.Scale[0]])
                : divided || kind == QuantClass.Convolution ? Real(name)
                : Whole(name);
        }

        if (position == 2 && PaddedOffsets(node) is { } offsets && _graph[node.Inputs[1]].Constant is { } weights)
        {
            double[] sums = ChannelConsumer.Of(_graph, node, Tensor.FromArray<float>(weights.ToFloats(), weights.Shape))!.Sums(weights, offsets.AsSpan());
            long[] moved = [.. constant.ToLongs().Zip(sums, (b, s) => b + (long)s)];
            constant = moved.All(b => b is >= int.MinValue and <= int.MaxValue)
                ? Tensor.FromArray<int>([.. moved.Select(b => (int)b)], constant.Shape)
                : throw new IpuException("ExportNotSupported", $"the bias of '{node.Name}' with what its padding has in it is beyond INT32", IpuErrorKind.NotSupported) { Target = node.Name };
        }

        return spec.Quant is { } quant ? Constant(node, spec, constant, quant, position, outputScales) : _editor.AddConstant(name, constant);
    }

    /// <summary>Weights and biases stay integers in the file.</summary>
    private string Constant(Node node, TensorSpec spec, Tensor constant, QuantParam quant, int position, QuantParam? outputScales)
    {
        int axis = quant.IsPerTensor && outputScales is null ? -1 : position == 2 ? 0 : ((IpuOperator)node.Op).Quantize(_graph.InputsOf(node)).WeightAxis;
        int channels = axis < 0 ? 1 : spec.Shape[axis];
        double[] scale = [.. Enumerable.Range(0, channels).Select(c => quant.Scale[quant.IsPerTensor ? 0 : c] / (outputScales?.Scale[c] ?? 1))];
        int inner = axis < 0 ? 1 : spec.Shape.Skip(axis + 1).Aggregate(1, (a, b) => a * b);
        float[] real = constant.ToFloats();
        for (int i = 0; i < real.Length; i++)
        {
            real[i] = (float)((real[i] - quant.ZeroPoint) * scale[channels == 1 ? 0 : i / inner % channels]);
        }

        string name = _editor.AddConstant(spec.Name, Tensor.FromArray<float>(real, spec.Shape));
        if (quant.ZeroPoint == 0 && spec.Type is DataType.Int8 or DataType.Int16 or DataType.Int32)
        {
            _integers[name] = (constant, scale, axis);
        }

        return name;
    }

    /// <summary>
    /// Bounds as a maximum and a minimum: ONNX Runtime (1.31) takes a Relu or Clip before a QuantizeLinear of INT16 for one that the type's range
    /// makes superfluous, and drops it.
    /// </summary>
    private string Bounded(string value, float min, float max)
    {
        value = float.IsFinite(min) ? _editor.Add(value + "/atleast", new MaximumOp(), value, _editor.AddConstant(value + "/min", Tensor.Scalar(min))) : value;
        return float.IsFinite(max) ? _editor.Add(value + "/atmost", new MinimumOp(), value, _editor.AddConstant(value + "/max", Tensor.Scalar(max))) : value;
    }

    /// <summary>
    /// An operator without its bounds, and these. With a scale for each channel only the bound 0 has a meaning: the upper one lies beyond
    /// the integers of every channel, and the rounding cuts there.
    /// </summary>
    private static (IpuOperator Op, float Min, float Max) Unbounded(IpuOperator op) => op switch
    {
        ImageConvolutionOp c => (c with { ActivationMin = float.NegativeInfinity, ActivationMax = float.PositiveInfinity }, c.ActivationMin, c.ActivationMax),
        FullyConnectedOp f => (f with { ActivationMin = float.NegativeInfinity, ActivationMax = float.PositiveInfinity }, f.ActivationMin, f.ActivationMax),
        ClipOp c => (new IdentityOp(), c.Min, c.Max),
        _ => (op, float.NegativeInfinity, float.PositiveInfinity),
    };
}
