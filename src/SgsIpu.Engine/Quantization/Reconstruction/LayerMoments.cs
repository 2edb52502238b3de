namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>
/// Second moments of the inputs that a linear layer meets: all that its loss depends on. With integer inputs x̂, real inputs x in the
/// same units, and real weights w, the output's error for weights ŵ is (w·x − ŵ·x̂) = w·(x − x̂) + (w − ŵ)·x̂, up to a bias.
/// <para>
/// Places count with bounded influence: where the output or the error that comes in is far above the median, the weight falls, as in
/// robust regression. Such places (values that the range cuts off, saturated activations) would otherwise decide everything, and matter
/// least to the layers that follow. The bias is fitted where the layer's activation lets the output through.
/// </para>
/// </summary>
/// <param name="Size">Inputs of one output.</param>
/// <param name="Outputs">Outputs that share the inputs.</param>
/// <param name="Gram">Mean of x̂x̂ᵀ around the means: [Size, Size].</param>
/// <param name="Cross">Mean of w·(x − x̂) times x̂, around the means: [Outputs, Size].</param>
/// <param name="Power">Mean square of w·(x − x̂) of each output, around the means.</param>
/// <param name="InputMeans">Means of x̂.</param>
/// <param name="ErrorMeans">Mean of w·(x − x̂) of each output.</param>
/// <param name="LiveInputs">Means of x̂ where each output is let through: [Outputs, Size].</param>
/// <param name="LiveErrors">Mean of w·(x − x̂) of each output where it is let through.</param>
internal sealed record LayerMoments(
    int Size, int Outputs, float[] Gram, float[] Cross, double[] Power, double[] InputMeans, double[] ErrorMeans, float[] LiveInputs, double[] LiveErrors)
{
    /// <summary>Above so many medians the influence of a place no longer grows.</summary>
    private const double Bound = 4;

    /// <summary>Least part of the places that a bias is fitted on.</summary>
    private const double LeastLive = 0.02;

    /// <summary>Gathers the moments of rows of patches.</summary>
    /// <param name="integers">x̂: [rows, size]. Is centred and weighted in place.</param>
    /// <param name="errors">x − x̂: [rows, size].</param>
    /// <param name="weights">w: [outputs, size].</param>
    /// <param name="live">Says whether an output's activation lets a value of w·x through.</param>
    /// <param name="centre">Moments whose means to use, so that a bias that was fitted there is judged here; null for their own.</param>
    public static LayerMoments Of(
        Memory<float> integers, ReadOnlyMemory<float> errors, float[] weights, int rows, int size, int outputs, Func<int, float, bool> live, LayerMoments? centre, CancellationToken cancellationToken)
    {
        float[] incoming = Products(errors, weights, rows, size, outputs, cancellationToken);
        float[] values = Products(integers, weights, rows, size, outputs, cancellationToken);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] += incoming[i];
        }

        double[] influence = Influence(values, incoming, rows, outputs);
        double[] errorMeans = centre?.ErrorMeans ?? Means(incoming, rows, outputs, influence);
        double[] means = centre?.InputMeans ?? Means(integers.Span, rows, size, influence);
        (float[] liveInputs, double[] liveErrors) = centre is null
            ? Live(integers, incoming, values, influence, live, means, errorMeans, rows, size, outputs, cancellationToken)
            : (centre.LiveInputs, centre.LiveErrors);
        Centre(incoming, rows, outputs, errorMeans, influence);
        Centre(integers.Span, rows, size, means, influence);
        float[] gram = MatrixProducts.Transposed(integers, size, integers, size, rows, symmetric: true, cancellationToken);
        float[] cross = MatrixProducts.Transposed(incoming, outputs, integers, size, rows, symmetric: false, cancellationToken);
        var power = new double[outputs];
        for (int i = 0; i < incoming.Length; i++)
        {
            power[i % outputs] += (double)incoming[i] * incoming[i];
        }

        double part = 1 / Math.Max(influence.Sum(), double.Epsilon);
        Scale(gram, (float)part);
        Scale(cross, (float)part);
        return new LayerMoments(size, outputs, gram, cross, [.. power.Select(p => p * part)], means, errorMeans, liveInputs, liveErrors);
    }

    /// <summary>Mean square error of an output whose weights are off by <paramref name="difference"/> = w − ŵ.</summary>
    public double Loss(int output, ReadOnlySpan<float> difference)
    {
        double sum = Power[output] + (2 * MatrixProducts.Dot(difference, Cross.AsSpan(output * Size, Size)));
        for (int i = 0; i < Size; i++)
        {
            if (difference[i] != 0)
            {
                sum += difference[i] * MatrixProducts.Dot(difference, Gram.AsSpan(i * Size, Size));
            }
        }

        return Math.Max(0, sum);
    }

    /// <summary>x·w of every row and output: [rows, outputs].</summary>
    private static float[] Products(ReadOnlyMemory<float> inputs, float[] weights, int rows, int size, int outputs, CancellationToken cancellationToken)
    {
        var result = new float[(long)rows * outputs];
        const int Together = 64;
        ParallelWork.For(
            (rows + Together - 1) / Together,
            Environment.ProcessorCount,
            block =>
            {
                for (int o = 0; o < outputs; o++)
                {
                    for (int r = block * Together; r < Math.Min(rows, (block + 1) * Together); r++)
                    {
                        result[(r * outputs) + o] = (float)MatrixProducts.Dot(inputs.Span.Slice(r * size, size), weights.AsSpan(o * size, size));
                    }
                }
            },
            cancellationToken);
        return result;
    }

    private static double[] Influence(float[] values, float[] incoming, int rows, int outputs)
    {
        double[] value = Squares(values, rows, outputs);
        double[] error = Squares(incoming, rows, outputs);
        double boundValue = Bound * Median(value);
        double boundError = Bound * Median(error);
        return [.. value.Zip(error, (v, e) => (v <= boundValue ? 1 : boundValue / v) * (e <= boundError ? 1 : boundError / e))];
    }

    private static double[] Squares(float[] values, int rows, int columns)
    {
        var result = new double[rows];
        for (int i = 0; i < values.Length; i++)
        {
            result[i / columns] += (double)values[i] * values[i];
        }

        return result;
    }

    private static double Median(double[] values) => values.Length == 0 ? 0 : values.Order().ElementAt(values.Length / 2);

    private static (float[] Inputs, double[] Errors) Live(
        Memory<float> integers, float[] incoming, float[] values, double[] influence, Func<int, float, bool> live, double[] means, double[] errorMeans, int rows, int size, int outputs, CancellationToken cancellationToken)
    {
        var masks = new float[values.Length];
        var weight = new double[outputs];
        var errors = new double[outputs];
        for (int i = 0; i < masks.Length; i++)
        {
            int o = i % outputs;
            if (live(o, values[i]))
            {
                masks[i] = (float)influence[i / outputs];
                weight[o] += masks[i];
                errors[o] += (double)masks[i] * incoming[i];
            }
        }

        float[] inputs = MatrixProducts.Transposed(masks, outputs, integers, size, rows, symmetric: false, cancellationToken);
        double least = LeastLive * influence.Sum();
        for (int o = 0; o < outputs; o++)
        {
            bool enough = weight[o] > least;
            errors[o] = enough ? errors[o] / weight[o] : errorMeans[o];
            for (int i = 0; i < size; i++)
            {
                inputs[(o * size) + i] = (float)(enough ? inputs[(o * size) + i] / weight[o] : means[i]);
            }
        }

        return (inputs, errors);
    }

    private static double[] Means(ReadOnlySpan<float> values, int rows, int columns, double[] influence)
    {
        var sums = new double[columns];
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                sums[c] += influence[r] * values[(r * columns) + c];
            }
        }

        double total = Math.Max(influence.Sum(), double.Epsilon);
        return [.. sums.Select(s => s / total)];
    }

    private static void Centre(Span<float> values, int rows, int columns, double[] means, double[] influence)
    {
        for (int r = 0; r < rows; r++)
        {
            double root = Math.Sqrt(influence[r]);
            for (int c = 0; c < columns; c++)
            {
                values[(r * columns) + c] = (float)((values[(r * columns) + c] - means[c]) * root);
            }
        }
    }

    private static void Scale(float[] values, float factor)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] *= factor;
        }
    }
}
