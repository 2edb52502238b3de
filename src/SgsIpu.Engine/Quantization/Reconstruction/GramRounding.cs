namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>
/// Rounds the weights of a linear layer so that its output follows the real one, on second moments alone.
/// <para>
/// 1. The weights are moved to the best real ones for the inputs as they are after the layers before (the asymmetric objective of Li et
/// al., "GPTAQ", 2025; Zhang et al., "Qronos", 2025).
/// 2. They are rounded one after the other, each rounding error taken up by those that follow: Frantar et al., "GPTQ", 2022, after
/// Frantar and Alistarh, "Optimal Brain Compression" (OBQ), 2022, in the form of Babai's nearest plane on the Cholesky factor (Chen et
/// al., 2025), which needs no inverse; for several scales.
/// 3. Scale and integers are learned in turn: the scale in closed form, the integers by coordinate descent on the same objective, which
/// is the rounding problem of Nagel et al., "Up or Down? Adaptive Rounding" (AdaRound), 2020, without its relaxation. Random kicks lead
/// out of local minima.
/// </para>
/// </summary>
internal sealed partial class GramRounding
{
    /// <summary>Part of the mean of the diagonal that is added to it, as in GPTQ: directions that the samples hardly show are not trusted.</summary>
    private const double LeastDamping = 0.01;

    /// <summary>With more rows for each input than this, samples show all directions.</summary>
    private const int PlentyOfRows = 8;

    /// <summary>Outputs that try what damping is best.</summary>
    private const int Triers = 16;
    private const int TrialRounds = 10;

    /// <summary>Parts of the scale that covers an output's largest weight, which are tried as well.</summary>
    private static readonly double[] EightBitParts = [0.9, 0.8];
    private static readonly double[] FourBitParts = [0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45];

    private readonly int _size;
    private readonly float[] _weights;
    private readonly float[] _followed;
    private readonly float[] _factor;
    private readonly int[] _order;
    private readonly float[] _gram;

    /// <summary>
    /// With few rows, weights could be fitted to chance: of several dampings that is taken which is best for some outputs on the other
    /// samples (ridge regression with cross-validation).
    /// </summary>
    /// <param name="rows">Rows that the moments were gathered from.</param>
    /// <param name="levels">Greatest magnitude of an integer; null for 16 bits, whose rounding needs no care.</param>
    public static GramRounding Of(LayerMoments moments, float[] weights, LayerMoments judge, int rows, int? levels, CancellationToken cancellationToken)
    {
        if (levels is not { } most || rows > PlentyOfRows * moments.Size || ReferenceEquals(moments, judge))
        {
            return new GramRounding(moments, weights, judge, LeastDamping, cancellationToken);
        }

        (GramRounding? Rounding, double Loss) best = (null, double.PositiveInfinity);
        foreach (double damping in (double[])[LeastDamping, 0.1, 1])
        {
            var rounding = new GramRounding(moments, weights, judge, damping, cancellationToken);
            int count = Math.Min(Triers, moments.Outputs);
            var losses = new double[count];
            ParallelWork.For(count, Environment.ProcessorCount, t => losses[t] = rounding.LossOf(t * moments.Outputs / count, most, judge, cancellationToken), cancellationToken);
            if (losses.Sum() < best.Loss)
            {
                best = (rounding, losses.Sum());
            }
        }

        return best.Rounding!;
    }

    /// <param name="weights">In units of the inputs' integers: [outputs, size].</param>
    /// <param name="judge">Moments of other samples, which say how far the errors of earlier layers are to be followed.</param>
    /// <param name="dampingPart">Part of the mean of the Gram matrix's diagonal that is added to it.</param>
    private GramRounding(LayerMoments moments, float[] weights, LayerMoments judge, double dampingPart, CancellationToken cancellationToken)
        : this(moments.Gram, moments.Size, weights, dampingPart, cancellationToken, out CholeskyFactor factor) =>
        _followed = Corrected(factor, moments, weights, judge, cancellationToken);

    /// <summary>Rounding for the inputs alone: no errors of earlier layers are known, and none can be followed.</summary>
    /// <param name="gram">Mean products of the inputs around their means: [size, size], in squares of the inputs' units.</param>
    /// <param name="weights">In units of the inputs: [outputs, size].</param>
    public GramRounding(float[] gram, int size, float[] weights, CancellationToken cancellationToken)
        : this(gram, size, weights, LeastDamping, cancellationToken, out _)
    {
    }

    private GramRounding(float[] gram, int size, float[] weights, double dampingPart, CancellationToken cancellationToken, out CholeskyFactor factor)
    {
        _size = size;
        _weights = weights;
        _followed = [];
        int n = size;
        double mean = 0;
        for (int i = 0; i < n; i++)
        {
            mean += gram[(i * n) + i] / n;
        }

        double damping = Math.Max(dampingPart * mean, 1e-9);
        _order = [.. Enumerable.Range(0, n).OrderBy(i => gram[(i * n) + i]).ThenBy(i => i)];
        factor = CholeskyFactor.Of(gram, _order, damping, cancellationToken);
        _factor = factor.ToFloats();

        // In the order of rounding, so that rows are read along.
        _gram = new float[gram.Length];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                _gram[(i * n) + j] = gram[(_order[i] * n) + _order[j]];
            }

            _gram[(i * n) + i] += (float)damping;
        }
    }

    /// <summary>The integers and the scale of one output.</summary>
    /// <param name="levels">Greatest magnitude of an integer.</param>
    /// <param name="least">The scale is not smaller.</param>
    /// <param name="rounds">Rounds of learning.</param>
    /// <param name="follow">Whether the weights answer to the errors of earlier layers; otherwise only the bias does.</param>
    public (sbyte[] Integers, double Scale) Round(int output, int levels, double least, int rounds, bool follow, CancellationToken cancellationToken) =>
        Round(output, levels, [least], rounds, follow, cancellationToken)[0];

    /// <summary>As of each output alone; outputs that follow each other share what is read of the Gram matrix, which is larger than caches.</summary>
    /// <param name="first">The first output.</param>
    /// <param name="least">What the scale of each is not smaller than.</param>
    public (sbyte[] Integers, double Scale)[] Round(int first, int levels, ReadOnlySpan<double> least, int rounds, bool follow, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var rows = new Row[least.Length];
        for (int r = 0; r < rows.Length; r++)
        {
            rows[r] = new Row(this, Target(first + r, follow), levels, least[r]);
        }

        Row.Start(rows);
        foreach (double part in levels > Core.Int4.Max ? EightBitParts : FourBitParts)
        {
            Row.Try(rows, part);
        }

        Row.Refresh(rows);
        var result = new (sbyte[] Integers, double Scale)[rows.Length];
        for (int r = 0; r < rows.Length; r++)
        {
            rows[r].Learn(rounds, first + r, cancellationToken);
            result[r] = (new sbyte[_size], rows[r].BestScale);
            for (int i = 0; i < _size; i++)
            {
                result[r].Integers[_order[i]] = (sbyte)rows[r].Best[i];
            }
        }

        return result;
    }

    /// <summary>Mean square error of a rounded output on other samples.</summary>
    private double LossOf(int output, int levels, LayerMoments judge, CancellationToken cancellationToken)
    {
        int n = _size;
        (sbyte[] integers, double scale) = Round(output, levels, 0, TrialRounds, follow: false, cancellationToken);
        return judge.Loss(output, [.. integers.Select((q, i) => _weights[(output * n) + i] - (float)(scale * q))]);
    }

    /// <summary>The real weights that an output's integers stand for.</summary>
    public ReadOnlySpan<float> Target(int output, bool follow) => (follow ? _followed : _weights).AsSpan(output * _size, _size);

    /// <summary>
    /// The weights, moved towards the best for the inputs as they are. The loss of other samples is a parabola over the way; what samples
    /// cannot show is not followed. The least square error alone would weaken the weights where inputs are noisy (regression dilution),
    /// which adds up from layer to layer: the gain of each output is restored.
    /// </summary>
    private float[] Corrected(CholeskyFactor factor, LayerMoments moments, float[] weights, LayerMoments judge, CancellationToken cancellationToken)
    {
        int n = moments.Size;
        var shifts = new float[weights.Length];
        var slope = new double[moments.Outputs];
        var curve = new double[moments.Outputs];
        ParallelWork.For(
            moments.Outputs,
            Environment.ProcessorCount,
            o =>
            {
                var shift = new double[n];
                for (int i = 0; i < n; i++)
                {
                    shift[i] = moments.Cross[(o * n) + _order[i]];
                }

                factor.Solve(shift);
                Span<float> row = shifts.AsSpan(o * n, n);
                for (int i = 0; i < n; i++)
                {
                    row[_order[i]] = (float)shift[i];
                }

                slope[o] = MatrixProducts.Dot(row, judge.Cross.AsSpan(o * n, n));
                for (int i = 0; i < n; i++)
                {
                    curve[o] += row[i] * MatrixProducts.Dot(row, judge.Gram.AsSpan(i * n, n));
                }
            },
            cancellationToken);
        double part = curve.Sum() > 0 ? Math.Clamp(slope.Sum() / curve.Sum(), 0, 1) : 0;
        var result = new float[weights.Length];
        ParallelWork.For(
            moments.Outputs,
            Environment.ProcessorCount,
            o =>
            {
                ReadOnlySpan<float> w = weights.AsSpan(o * n, n);
                ReadOnlySpan<float> cross = moments.Cross.AsSpan(o * n, n);
                Span<float> moved = result.AsSpan(o * n, n);
                double together = 0;
                double alone = moments.Power[o] + MatrixProducts.Dot(w, cross);
                for (int i = 0; i < n; i++)
                {
                    moved[i] = w[i] + (float)(part * shifts[(o * n) + i]);
                }

                for (int i = 0; i < n; i++)
                {
                    double yx = MatrixProducts.Dot(w, moments.Gram.AsSpan(i * n, n)) + cross[i];
                    alone += w[i] * yx;
                    together += moved[i] * yx;
                }

                double gain = together > 0 && alone > 0 ? Math.Clamp(alone / together, 0.8, 1.25) : 1;
                for (int i = 0; i < n; i++)
                {
                    moved[i] *= (float)gain;
                }
            },
            cancellationToken);
        return result;
    }
}
