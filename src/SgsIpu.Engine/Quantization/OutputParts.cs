using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// The parts of a model's outputs that errors are counted for. A map (corners of boxes, planes of classes) is read position by position,
/// and its channels differ in unit and in size: each is a part. A vector that stands for the whole sample is one part, so is a sequence of
/// classifications (the characters of a text), whose channels are classes.
/// </summary>
internal sealed class OutputParts
{
    /// <summary>Positions that make a map.</summary>
    private const int LeastPositions = 64;

    /// <summary>A part with less than this of the largest signal of its output is a constant.</summary>
    private const double LeastSignal = 1e-9;

    private readonly (string Output, int Channels)[] _outputs;

    public OutputParts(Graph graph)
    {
        _outputs = [.. graph.Outputs.Distinct().Where(o => graph[o].Type == DataType.Float32).Select(o => (o, IsMap(graph, o) ? graph[o].Shape[-1] : 1))];
        Count = _outputs.Sum(o => o.Channels);
        AreByPosition = _outputs.Any(o => Positions(graph, o.Output) > 1);
    }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>True where results are read position by position, so that no pooling averages errors out.</summary>
    public bool AreByPosition { get; }

    /// <summary>
    /// What a sample brings to each part: the variance of every position over the samples, summed. What is the same in all of them
    /// (the place of an anchor, a common offset) tells nothing, however large it is. Of one sample alone, its power.
    /// </summary>
    /// <param name="samples">The float outputs of each sample.</param>
    public double[] Signal(IReadOnlyList<IReadOnlyDictionary<string, Tensor>> samples)
    {
        var signal = new double[Count];
        int first = 0;
        foreach ((string output, int channels) in _outputs)
        {
            Span<double> own = signal.AsSpan(first, channels);
            int count = samples[0][output].As<float>().Length;
            for (int i = 0; i < count; i++)
            {
                double sum = 0;
                double squares = 0;
                foreach (IReadOnlyDictionary<string, Tensor> sample in samples)
                {
                    double x = sample[output].As<float>()[i];
                    sum += x;
                    squares += x * x;
                }

                own[i % channels] += samples.Count == 1 ? squares : Math.Max(0, squares - (sum * sum / samples.Count)) / (samples.Count - 1);
            }

            double least = LeastSignal * System.Numerics.Tensors.TensorPrimitives.Max<double>(own);
            foreach (ref double part in own)
            {
                part = Math.Max(part, least);
            }

            first += channels;
        }

        return signal;
    }

    /// <summary>Squared distance of each part to the float values; outputs that the others do not hold count as exact.</summary>
    public double[] Distance(IReadOnlyDictionary<string, Tensor> values, IReadOnlyDictionary<string, Tensor> others)
    {
        var distance = new double[Count];
        int first = 0;
        foreach ((string output, int channels) in _outputs)
        {
            if (others.TryGetValue(output, out Tensor? other))
            {
                ReadOnlySpan<float> x = values[output].As<float>();
                ReadOnlySpan<float> y = other.As<float>();
                for (int i = 0; i < x.Length; i++)
                {
                    double difference = (double)x[i] - y[i];
                    distance[first + (i % channels)] += difference * difference;
                }
            }

            first += channels;
        }

        return distance;
    }

    /// <summary>The sum over the parts of each output.</summary>
    public double[] ByOutput(ReadOnlySpan<double> parts)
    {
        var sums = new double[_outputs.Length];
        int first = 0;
        for (int o = 0; o < sums.Length; o++)
        {
            sums[o] = System.Numerics.Tensors.TensorPrimitives.Sum(parts.Slice(first, _outputs[o].Channels));
            first += _outputs[o].Channels;
        }

        return sums;
    }

    private static bool IsMap(Graph graph, string output) => Positions(graph, output) is var positions && positions >= LeastPositions && positions >= graph[output].Shape[-1];

    /// <summary>Places of an output that are a result each; 1 of a batch of vectors.</summary>
    private static long Positions(Graph graph, string output)
    {
        Shape shape = graph[output].Shape;
        long positions = shape.Rank == 0 ? 1 : shape.Count / Math.Max(shape[-1], 1);
        return shape.Rank > 2 || positions >= LeastPositions ? positions : 1;
    }
}
