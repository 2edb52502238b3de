using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

/// <summary>
/// One operator alone: its float form in ONNX Runtime, and its fixed-point form on the same inputs as integers.
/// <code>
/// var harness = new OperatorHarness(new AddOp()).Activation(x).Constant(b);
/// Tensor y = harness.RunFloat()[0];
/// FixedOutcome fixedPoint = harness.RunFixed(DataType.Int16, DataType.UInt8);
/// Assert.True(fixedPoint.MaxErrorLsb &lt;= 1);
/// </code>
/// </summary>
internal sealed class OperatorHarness(IpuOperator op, int outputs = 1)
{
    private readonly List<Tensor?> _inputs = [];
    private readonly HashSet<int> _constants = [];

    public IpuOperator Op => op;

    /// <summary>Adds a Float32 (or index) input that changes from run to run.</summary>
    public OperatorHarness Activation(Tensor value)
    {
        _inputs.Add(value);
        return this;
    }

    /// <summary>Adds a constant input.</summary>
    public OperatorHarness Constant(Tensor value)
    {
        _constants.Add(_inputs.Count);
        _inputs.Add(value);
        return this;
    }

    /// <summary>Adds an optional input that is not there.</summary>
    public OperatorHarness Absent()
    {
        _inputs.Add(null);
        return this;
    }

    /// <summary>The verified float graph of the one node: inputs "x0", "x1"…, outputs "y0", "y1"….</summary>
    public Graph ToGraph()
    {
        var editor = new GraphEditor("test");
        var names = new List<string>();
        for (int i = 0; i < _inputs.Count; i++)
        {
            names.Add(_inputs[i] is null ? "" : $"x{i}");
            if (_inputs[i] is not { } value)
            {
                continue;
            }

            if (_constants.Contains(i))
            {
                editor.AddTensor(TensorSpec.OfConstant(names[i], value));
            }
            else
            {
                editor.AddInput(new TensorSpec(names[i], value.Type, value.Shape));
            }
        }

        string[] results = [.. Enumerable.Range(0, outputs).Select(i => $"y{i}")];
        editor.AddNode("node", op, names.ToArray(), results);
        foreach (string result in results)
        {
            editor.Outputs.Add(result);
        }

        Graph graph = editor.ToGraph();
        GraphVerifier.Verify(graph);
        return graph;
    }

    /// <summary>The outputs of the emitted ONNX graph.</summary>
    public Tensor[] RunFloat() => RunFloat(_inputs);

    /// <summary>
    /// Quantizes activations from their own extremes, constants as the operator's rule says, runs the fixed-point form, and compares it
    /// with the float form on the real values that the integers stand for.
    /// </summary>
    /// <param name="input">UINT8 or INT16 for the activations that carry real numbers.</param>
    /// <param name="output">UINT8 or INT16 for the outputs.</param>
    public FixedOutcome RunFixed(DataType input, DataType output) => RunFixed(_ => input, output);

    /// <inheritdoc cref="RunFixed(DataType, DataType)"/>
    /// <param name="input">The type of each input, by position.</param>
    /// <param name="output">UINT8 or INT16 for the outputs.</param>
    /// <param name="outputMap">The mapping of the outputs; null for one from the extremes of the float results.</param>
    public FixedOutcome RunFixed(Func<int, DataType> input, DataType output, QuantParam? outputMap = null)
    {
        Graph graph = ToGraph();
        Node node = graph.Nodes[0];
        QuantRule rule = op.Quantize(graph.InputsOf(node));
        var quantized = new (Tensor Integers, QuantParam? Map)?[_inputs.Count];
        for (int i = 0; i < quantized.Length; i++)
        {
            quantized[i] = _inputs[i] is { } value ? QuantizeInput(rule, i, value, input(i), quantized) : null;
        }

        // The reference sees exactly what the integers stand for, so that the difference is the kernel's own.
        List<Tensor?> real = [.. quantized.Select(q => q is null ? null : q.Value.Map is null ? q.Value.Integers : Quantization.Dequantize(q.Value.Integers, q.Value.Map))];
        Tensor[] expected = RunFloat(real);
        var specs = new List<TensorSpec?>();
        for (int i = 0; i < quantized.Length; i++)
        {
            specs.Add(quantized[i] is not { } q ? null : new TensorSpec($"x{i}", q.Integers.Type, q.Integers.Shape)
            {
                Quant = q.Map,
                Constant = _constants.Contains(i) ? q.Integers : null,
            });
        }

        bool index = rule.Class == QuantClass.Index;
        ImmutableArray<TensorSpec> results =
        [
            .. expected.Select((e, i) => index || !e.Type.IsFloat()
                ? new TensorSpec($"y{i}", e.Type, e.Shape)
                : new TensorSpec($"y{i}", output, e.Shape) { Quant = MapOfOutput(rule, quantized, e, output, outputMap) }),
        ];
        var binding = new FixedBinding("node", [.. specs], results);
        ImmutableArray<Tensor> tables = op.BuildTables(binding);
        binding = binding with { Inputs = [.. specs, .. tables.Select((t, i) => TensorSpec.OfConstant($"table{i}", t))] };
        Memory<byte>[] inputs = [.. quantized.Select(q => q is null ? default : new Memory<byte>(q.Value.Integers.Bytes.ToArray())), .. tables.Select(t => new Memory<byte>(t.Bytes.ToArray()))];
        Tensor[] produced = Run(op.PrepareFixed(binding), inputs, results);
        return new FixedOutcome(produced, [.. results.Select(r => r.Quant)], expected, tables);
    }

    private static Tensor[] Run(FixedKernel kernel, Memory<byte>[] inputs, ImmutableArray<TensorSpec> outputs)
    {
        // Buffers start full of rubbish: a kernel that leaves something unwritten is found out.
        Memory<byte>[] buffers = [.. outputs.Select(o => Rubbish((int)o.ByteCount))];
        kernel.Run(new FixedArguments(inputs, buffers, Rubbish(kernel.WorkspaceBytes), 1));
        return [.. outputs.Select((o, i) => new Tensor(o.Type, o.Shape, buffers[i].ToArray()))];
    }

    private static byte[] Rubbish(int count)
    {
        var bytes = new byte[count];
        bytes.AsSpan().Fill(0xA5);
        return bytes;
    }

    private static QuantParam? MapOfOutput(
        QuantRule rule, (Tensor Integers, QuantParam? Map)?[] inputs, Tensor expected, DataType output, QuantParam? given)
    {
        if (rule.Class == QuantClass.Preserving)
        {
            return inputs[rule.Activations[0]]!.Value.Map;
        }

        if (given is not null)
        {
            return given;
        }

        (double min, double max) = rule.OutputRange ?? Quantization.Extremes(expected);
        return Quantization.MapOf(output, min, max);
    }

    private (Tensor Integers, QuantParam? Map) QuantizeInput(
        QuantRule rule, int index, Tensor value, DataType type, (Tensor Integers, QuantParam? Map)?[] before)
    {
        bool plain = rule.Class != QuantClass.Convolution && !rule.Activations.Contains(index);
        if (!value.Type.IsFloat() || rule.Class == QuantClass.Index || plain)
        {
            return (value, null);
        }

        if (rule.Class == QuantClass.Convolution && index == rule.Weight && _constants.Contains(index))
        {
            return Quantization.Weights(value, rule.WeightAxis, before[0]!.Value.Integers.Type == DataType.UInt8 ? DataType.Int8 : DataType.Int16);
        }

        if (rule.Class == QuantClass.Convolution && index == rule.Bias)
        {
            return Quantization.Bias(value, before[0]!.Value.Map!.Scale[0], before[rule.Weight]!.Value.Map!.Scale, before[0]!.Value.Integers.Type == DataType.UInt8 ? DataType.Int32 : DataType.Int64);
        }

        // Inputs of a preserving operator share one mapping.
        if (rule.Class == QuantClass.Preserving)
        {
            (double Min, double Max)[] ranges = [.. rule.Activations.Where(a => a < _inputs.Count && _inputs[a] is not null).Select(a => Quantization.Extremes(_inputs[a]!))];
            QuantParam shared = Quantization.MapOf(type, ranges.Min(r => r.Min), ranges.Max(r => r.Max));
            return (Quantization.Quantize(value, type, shared), shared);
        }

        DataType own = _constants.Contains(index) && rule.Class == QuantClass.General ? DataType.Int16 : type;
        (double low, double high) = Quantization.Extremes(value);
        QuantParam map = Quantization.MapOf(own, low, high);
        return (Quantization.Quantize(value, own, map), map);
    }

    private Tensor[] RunFloat(List<Tensor?> values)
    {
        var copy = new OperatorHarness(op, outputs);
        for (int i = 0; i < values.Count; i++)
        {
            _ = values[i] is not { } v ? copy.Absent() : _constants.Contains(i) ? copy.Constant(v) : copy.Activation(v);
        }

        Graph graph = copy.ToGraph();
        SourceGraph onnx = new OnnxEmitter(graph).Emit(graph.Outputs);
        return OnnxOracle.Run(onnx, graph.Inputs.ToDictionary(n => n, n => values[int.Parse(n[1..])]!, StringComparer.Ordinal));
    }
}
