namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Expected square error of covering a range with equal steps: uniform rounding noise inside, the distance to the border outside. Sums
/// over the histogram are made once, so that each range costs the same whatever the number of bins.
/// </summary>
internal sealed class RangeError
{
    /// <summary>
    /// How much more a cut-off counts than its square. Rounding errors are of either sign and average out over taps, neighbours and
    /// pooling; what is cut off is missing wherever a feature is strong, and stays.
    /// </summary>
    private const double Coherence = 64;

    private readonly Histogram _histogram;
    private readonly int _levels;

    /// <summary>Sums over the bins below each position: counts, values, squared values.</summary>
    private readonly double[] _counts;
    private readonly double[] _values;
    private readonly double[] _squares;

    public RangeError(Histogram histogram, int levels)
    {
        _histogram = histogram;
        _levels = levels;
        _counts = new double[histogram.Bins + 1];
        _values = new double[histogram.Bins + 1];
        _squares = new double[histogram.Bins + 1];
        for (int i = 0; i < histogram.Bins; i++)
        {
            double x = histogram.Edge(i) + (histogram.Width / 2);
            uint count = histogram.Counts[i];
            _counts[i + 1] = _counts[i] + count;
            _values[i + 1] = _values[i] + (count * x);
            _squares[i + 1] = _squares[i] + (count * x * x);
        }
    }

    /// <summary>Summed over all values.</summary>
    public double Of(double low, double high)
    {
        int below = Position(low);
        int above = Math.Max(Position(high), below);
        double step = (high - low) / (_levels - 1);
        return (step * step / 12 * Math.Max(0, _counts[above] - _counts[below] - _histogram.Zeros)) + (Coherence * (Distance(0, below, low) + Distance(above, _histogram.Bins, high)));
    }

    /// <summary>As <see cref="Of"/>, for one value; 0 where nothing was seen.</summary>
    public double Mean(double low, double high) => _counts[^1] == 0 ? 0 : Of(low, high) / _counts[^1];

    /// <summary>Expected square error of one value, where what is cut off counts by its square.</summary>
    public double MeanSquare(double low, double high) => Mean(low, high) - ((1 - (1 / Coherence)) * Clipped(low, high));

    /// <summary>Mean square distance of a value to the range, without rounding inside.</summary>
    public double Clipped(double low, double high)
    {
        int below = Position(low);
        int above = Math.Max(Position(high), below);
        return _counts[^1] == 0 ? 0 : Coherence * Math.Max(0, Distance(0, below, low) + Distance(above, _histogram.Bins, high)) / _counts[^1];
    }

    /// <summary>Squared distance of the bins in [first, end) to a border.</summary>
    private double Distance(int first, int end, double border) =>
        _squares[end] - _squares[first] - (2 * border * (_values[end] - _values[first])) + (border * border * (_counts[end] - _counts[first]));

    /// <summary>The first bin whose middle is at or above a value.</summary>
    private int Position(double value) =>
        (int)Math.Clamp(Math.Ceiling((value - _histogram.Edge(0)) / _histogram.Width - 0.5), 0, _histogram.Bins);
}
