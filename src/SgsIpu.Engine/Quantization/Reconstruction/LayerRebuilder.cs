using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>Finds integers for the weights and the bias of one layer, given what it sees in the float and in the fixed model.</summary>
internal sealed class LayerRebuilder
{
    private const double LargestBias = 1 << 30;

    private readonly LayerGeometry _layer;
    private readonly QuantParam _input;
    private readonly bool _wide;
    private readonly int _rounds;
    private readonly float[] _weights;
    private readonly float[] _bias;
    private readonly Shape _shape;
    private readonly int _axis;
    private readonly (double Min, double Max) _bounds;

    /// <param name="weights">Real weights, as the float graph has them.</param>
    /// <param name="bias">Real bias; zeros where there is none.</param>
    /// <param name="input">The mapping of the layer's input in the fixed graph.</param>
    /// <param name="wide">True for an INT16 layer.</param>
    /// <param name="axis">Dimension of the output channels in the weights.</param>
    /// <param name="bounds">Between which the layer's activation lets outputs through.</param>
    public LayerRebuilder(LayerGeometry layer, Tensor weights, float[] bias, QuantParam input, bool wide, int axis, (double Min, double Max) bounds, int rounds)
    {
        _bounds = bounds;
        _layer = layer;
        _input = input;
        _wide = wide;
        _rounds = rounds;
        _bias = bias;
        _shape = weights.Shape;
        _axis = axis;

        // In units of the input's integers, one output after the other.
        ReadOnlySpan<float> values = weights.As<float>();
        int perGroup = layer.Outputs / layer.Groups;
        _weights = new float[values.Length];
        for (int o = 0; o < layer.Outputs; o++)
        {
            for (int i = 0; i < layer.GroupSize; i++)
            {
                _weights[(o * layer.GroupSize) + i] = (float)(values[layer.WeightAt(o, i)] * Unit(layer.ChannelAt(o / perGroup, i)));
            }
        }
    }

    /// <summary>Real value of one unit of an input channel.</summary>
    public double Unit(int channel) => _input.Scale[_input.IsPerTensor ? 0 : channel];

    /// <param name="plain">The integers that were found without samples.</param>
    /// <param name="integers">[rows, PatchSize], around the zero point; training rows first.</param>
    /// <param name="real">[rows, PatchSize], real numbers. Is used up.</param>
    /// <param name="training">Rows to learn from; the others judge. All where none are left to judge.</param>
    /// <param name="narrow">Whether 4 bits are wanted as well.</param>
    /// <param name="fourBits">Whether the layer is to have 4 bits.</param>
    public LayerForms Rebuild(RoundedWeights plain, float[] integers, float[] real, int rows, int training, bool narrow, bool fourBits, CancellationToken cancellationToken)
    {
        ToErrors(integers, real, rows);
        var forms = new Forms(new Candidate(_layer), new Candidate(_layer), new Candidate(_layer), narrow ? new Candidate(_layer) : null);
        Read(plain, forms.Plain);
        if (_layer.Groups == 1)
        {
            Group(0, integers, real, rows, training, forms, fourBits, cancellationToken);
        }
        else
        {
            ParallelWork.For(
                _layer.Groups,
                Environment.ProcessorCount,
                g => Group(g, _layer.Group(integers, rows, g), _layer.Group(real, rows, g), rows, training, forms, fourBits, cancellationToken),
                cancellationToken);
        }

        double power = Math.Max(forms.Plain.Power.Sum(), double.Epsilon);
        DataType type = _wide ? DataType.Int16 : fourBits ? DataType.Int4 : DataType.Int8;
        return new LayerForms([.. new[] { forms.Still, forms.Following }.Select(c => (Write(c, type), c.Loss.Sum() / power))], forms.Narrow is null ? null : Write(forms.Narrow, DataType.Int4), forms.Plain.Loss.Sum() / power);
    }

    private void Group(int group, float[] integers, float[] errors, int rows, int training, Forms forms, bool fourBits, CancellationToken cancellationToken)
    {
        int size = _layer.GroupSize;
        int outputs = _layer.Outputs / _layer.Groups;
        int first = group * outputs;
        float[] weights = _weights[(first * size)..((first + outputs) * size)];
        LayerMoments learn = LayerMoments.Of(integers.AsMemory(0, training * size), errors.AsMemory(0, training * size), weights, training, size, outputs, Live, null, cancellationToken);
        LayerMoments judge = training == rows ? learn : LayerMoments.Of(integers.AsMemory(training * size), errors.AsMemory(training * size), weights, rows - training, size, outputs, Live, learn, cancellationToken);
        var rounding = GramRounding.Of(learn, weights, judge, training, _wide ? null : fourBits || forms.Narrow is not null ? Int4.Max : sbyte.MaxValue, cancellationToken);
        ParallelWork.For(
            outputs,
            _layer.Groups == 1 ? Environment.ProcessorCount : 1,
            o =>
            {
                double least = _wide ? 0 : Math.Abs(_bias[first + o]) / LargestBias;
                forms.Plain.Power[first + o] = judge.Power[o] + PowerOf(judge, weights.AsSpan(o * size, size));
                Judge(forms.Plain, o);
                Fill(forms.Still, o, follow: false, fourBits ? Int4.Max : sbyte.MaxValue);
                Fill(forms.Following, o, follow: true, fourBits ? Int4.Max : sbyte.MaxValue);
                if (forms.Narrow is { } four)
                {
                    Fill(four, o, follow: false, Int4.Max);
                }

                void Fill(Candidate form, int o, bool follow, int levels)
                {
                    if (_wide)
                    {
                        form.RoundWide(first + o, rounding.Target(o, follow));
                    }
                    else
                    {
                        form.Set(first + o, rounding.Round(o, levels, least, _rounds, follow, cancellationToken));
                    }

                    Judge(form, o);
                }
            },
            cancellationToken);

        bool Live(int o, float value) => value + _bias[first + o] > _bounds.Min && value + _bias[first + o] < _bounds.Max;

        void Judge(Candidate c, int o)
        {
            var difference = new float[size];
            double bias = learn.LiveErrors[o];
            for (int i = 0; i < size; i++)
            {
                difference[i] = weights[(o * size) + i] - (float)(c.Scale[first + o] * c.Integers[((first + o) * size) + i]);
                bias += difference[i] * learn.LiveInputs[(o * size) + i];
            }

            c.Loss[first + o] = judge.Loss(o, difference);
            c.Bias[first + o] = _bias[first + o] + bias;
        }
    }

    private static double PowerOf(LayerMoments moments, ReadOnlySpan<float> weights)
    {
        double sum = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            sum += weights[i] * MatrixProducts.Dot(weights, moments.Gram.AsSpan(i * weights.Length, weights.Length));
        }

        return sum;
    }

    /// <summary>Turns real patches into what they differ by from the integers, in units of these.</summary>
    private void ToErrors(float[] integers, float[] real, int rows)
    {
        float[] inverse = [.. Enumerable.Range(0, _layer.Channels).Select(c => (float)(1 / Unit(c)))];
        for (int at = 0; at < rows * _layer.PatchSize; at += inverse.Length)
        {
            for (int c = 0; c < inverse.Length; c++)
            {
                real[at + c] = (real[at + c] * inverse[c]) - integers[at + c];
            }
        }
    }

    private void Read(RoundedWeights plain, Candidate candidate)
    {
        int[] values = [.. plain.Weights.ToLongs().Select(v => (int)v)];
        for (int o = 0; o < _layer.Outputs; o++)
        {
            candidate.Scale[o] = plain.WeightQuant.Scale[plain.WeightQuant.IsPerTensor ? 0 : o] * (_input.IsPerTensor ? _input.Scale[0] : 1);
            for (int i = 0; i < _layer.GroupSize; i++)
            {
                candidate.Integers[(o * _layer.GroupSize) + i] = (short)values[_layer.WeightAt(o, i)];
            }
        }
    }

    private RoundedWeights Write(Candidate candidate, DataType type)
    {
        var integers = new short[candidate.Integers.Length];
        for (int o = 0; o < _layer.Outputs; o++)
        {
            for (int i = 0; i < _layer.GroupSize; i++)
            {
                integers[_layer.WeightAt(o, i)] = candidate.Integers[(o * _layer.GroupSize) + i];
            }
        }

        sbyte[] bytes = type == DataType.Int16 ? [] : [.. integers.Select(v => (sbyte)v)];
        Tensor weights = type switch
        {
            DataType.Int16 => Tensor.FromArray<short>(integers, _shape),
            DataType.Int4 => Int4.Pack(bytes, _shape),
            _ => Tensor.FromArray<sbyte>(bytes, _shape),
        };
        double x = _input.IsPerTensor ? _input.Scale[0] : 1;
        float[] bias = [.. candidate.Bias.Select((b, o) => (float)(b - (candidate.Scale[o] * Offset(candidate, o))))];
        return new RoundedWeights(
            weights,
            new QuantParam([.. candidate.Scale.Select(s => s / x)], 0, candidate.Scale.Length == 1 ? -1 : _axis),
            ConstantRounding.RoundBias(bias, candidate.Scale, _wide),
            new QuantParam([.. candidate.Scale], 0, candidate.Scale.Length == 1 ? -1 : 0));
    }

    /// <summary>What the offsets of the input add to an output's sum.</summary>
    private double Offset(Candidate candidate, int output)
    {
        double sum = 0;
        for (int i = 0; i < _layer.GroupSize && !_input.Offsets.IsEmpty; i++)
        {
            sum += (double)candidate.Integers[(output * _layer.GroupSize) + i] * _input.Offsets[_layer.ChannelAt(output / (_layer.Outputs / _layer.Groups), i)];
        }

        return sum;
    }

    /// <param name="Plain">Weights as they are; the bias answers to earlier layers.</param>
    /// <param name="Still">Weights rebuilt for the inputs as they are, their output the real one.</param>
    /// <param name="Following">Weights that answer to the errors of earlier layers as well.</param>
    private sealed record Forms(Candidate Plain, Candidate Still, Candidate Following, Candidate? Narrow);

    /// <summary>Integers, scales and real biases of all outputs, and the losses of each.</summary>
    private sealed class Candidate(LayerGeometry layer)
    {
        public short[] Integers { get; } = new short[layer.Outputs * layer.GroupSize];

        /// <summary>Real output for one unit of input times one unit of weight.</summary>
        public double[] Scale { get; } = new double[layer.Outputs];

        public double[] Bias { get; } = new double[layer.Outputs];

        public double[] Loss { get; } = new double[layer.Outputs];

        public double[] Power { get; } = new double[layer.Outputs];

        public void Set(int output, (sbyte[] Integers, double Scale) rounded)
        {
            Scale[output] = rounded.Scale;
            for (int i = 0; i < rounded.Integers.Length; i++)
            {
                Integers[(output * rounded.Integers.Length) + i] = rounded.Integers[i];
            }
        }

        /// <summary>With 16 bits, rounding one by one loses nothing that could be seen.</summary>
        public void RoundWide(int output, ReadOnlySpan<float> weights)
        {
            double largest = 0;
            foreach (float w in weights)
            {
                largest = Math.Max(largest, Math.Abs(w));
            }

            double scale = Scale[output] = largest > 0 ? largest / short.MaxValue : 1;
            for (int i = 0; i < weights.Length; i++)
            {
                Integers[(output * weights.Length) + i] = (short)Math.Clamp(Math.Round(weights[i] / scale), -short.MaxValue, short.MaxValue);
            }
        }
    }
}
