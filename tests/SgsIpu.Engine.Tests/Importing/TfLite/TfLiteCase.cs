using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Frontends.TfLite;

namespace SgsIpu.Engine.Tests.Importing.TfLite;

/// <summary>
/// One operator in a TFLite file, with an input of fixed values.
/// <code>
/// new TfLiteCase("CONV_2D", 3, 1).Option(0, (byte)1).Input(1, 5, 5, 3).Constant(2, 3, 3, 3)
/// </code>
/// </summary>
internal sealed class TfLiteCase(string name, int code, byte optionsType = 0, int outputs = 1)
{
    private readonly List<TfLiteTensor> _tensors = [];
    private readonly List<ReadOnlyMemory<byte>> _buffers = [default];
    private readonly List<(int, object)> _options = [];
    private readonly List<int> _reads = [];
    private readonly List<Tensor> _constants = [];
    private readonly List<(string, Tensor)> _inputs = [];
    private float _low = -2;
    private float _high = 2;
    private DataType[] _results = [DataType.Float32];
    private Shape _shape = new(1);
    private int _version = 1;
    private string _custom = "";
    private byte[] _customOptions = [];

    public string Name => name;

    /// <summary>The values of the inputs, in the order of the file.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> Inputs => _inputs;

    /// <summary>The values of the constants, in the order of the file.</summary>
    public IReadOnlyList<Tensor> Constants => _constants;

    /// <summary>The range of the inputs and constants that follow.</summary>
    public TfLiteCase Range(float low, float high)
    {
        (_low, _high) = (low, high);
        return this;
    }

    public TfLiteCase Option(int field, object value)
    {
        _options.Add((field, value));
        return this;
    }

    public TfLiteCase Custom(string op, params byte[] options)
    {
        (_custom, _customOptions) = (op, options);
        return this;
    }

    /// <summary>The first version of the operator that runtimes still have.</summary>
    public TfLiteCase Version(int version)
    {
        _version = version;
        return this;
    }

    /// <summary>The type of each output; the last for all that follow.</summary>
    public TfLiteCase Returns(params DataType[] types)
    {
        _results = types;
        return this;
    }

    /// <summary>The declared shape of the outputs, where a runtime goes by it.</summary>
    public TfLiteCase Shaped(params int[] shape)
    {
        _shape = new Shape(shape);
        return this;
    }

    public TfLiteCase Input(params int[] shape) => Input(Values(shape));

    public TfLiteCase Input(Tensor value, QuantParam? quant = null)
    {
        string input = $"in{_inputs.Count}";
        _inputs.Add((input, value));
        return Reads(new TfLiteTensor(input, value.Type, value.Shape, 0) { Quant = quant });
    }

    public TfLiteCase Constant(params int[] shape) => Constant(Values(shape));

    public TfLiteCase Ints(params int[] values) => Constant(Tensor.FromArray(values, values.Length));

    public TfLiteCase Scalar(int value) => Constant(Tensor.Scalar(value));

    public TfLiteCase Constant(Tensor value)
    {
        _constants.Add(value);
        _buffers.Add(value.Memory);
        return Reads(new TfLiteTensor($"c{_buffers.Count}", value.Type, value.Shape, _buffers.Count - 1));
    }

    /// <summary>State that starts at zero.</summary>
    public TfLiteCase Variable(params int[] shape) => Reads(new TfLiteTensor($"state{_tensors.Count}", DataType.Float32, new Shape(shape), 0) { IsVariable = true });

    public TfLiteCase Absent()
    {
        _reads.Add(-1);
        return this;
    }

    public byte[] Write()
    {
        int first = _tensors.Count;
        ImmutableArray<int> writes = [.. Enumerable.Range(first, outputs)];
        ImmutableArray<TfLiteTensor> tensors = [.. _tensors, .. Enumerable.Range(0, outputs).Select(i => new TfLiteTensor($"out{i}", _results[Math.Min(i, _results.Length - 1)], _shape, 0))];
        var op = new TfLiteOperator(code, _custom, [.. _reads], writes) { Version = _version, OptionsType = optionsType, Options = [.. _options], CustomOptions = _customOptions };
        return TfLiteWriter.Write(new TfLiteModel(name, tensors, [op], [.. _inputs.Select(i => _tensors.FindIndex(t => t.Name == i.Item1))], writes, [.. _buffers]));
    }

    public override string ToString() => name;

    private TfLiteCase Reads(TfLiteTensor tensor)
    {
        _reads.Add(_tensors.Count);
        _tensors.Add(tensor);
        return this;
    }

    /// <summary>Values that fill a range without order; each tensor of a case has others.</summary>
    private Tensor Values(int[] shape)
    {
        var random = new Random(1000 + _tensors.Count);
        var tensor = new Tensor(DataType.Float32, new Shape(shape));
        foreach (ref float v in tensor.As<float>())
        {
            v = _low + ((_high - _low) * random.NextSingle());
        }

        return tensor;
    }
}
