using System.Runtime.CompilerServices;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Expected square error of covering a range with equal steps: uniform rounding noise inside, the distance to the border outside. Sums
/// over the histogram are made once, when the first range is asked for, so that each range costs the same whatever the number of bins.
/// </summary>
/// <param name="levels">Integers that a range is cut into, for example 256.</param>
internal sealed class RangeError(Histogram histogram, int levels)
{
    /// <summary>
    /// How much more a cut-off counts than its square. Rounding errors are of either sign and average out over taps, neighbours and
    /// pooling; what is cut off is missing wherever a feature is strong, and stays.
    /// </summary>
    private const double Coherence = 64;

    /// <summary>Sums over the bins below each position.</summary>
    private (double Counts, double Values, double Squares)[]? _below;

    public Histogram Histogram => histogram;

    public int Levels => levels;

    private (double Counts, double Values, double Squares)[] Below => _below ??= Sums();

    /// <summary>Summed over all values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Of(double low, double high)
    {
        int below = Position(low);
        int above = Math.Max(Position(high), below);
        double step = (high - low) / (levels - 1);
        return (step * step / 12 * Math.Max(0, Below[above].Counts - Below[below].Counts - histogram.Zeros)) + (Coherence * (Distance(0, below, low) + Distance(above, histogram.Bins, high)));
    }

    /// <summary>As <see cref="Of"/>, for one value; 0 where nothing was seen.</summary>
    public double Mean(double low, double high) => Below[^1].Counts == 0 ? 0 : Of(low, high) / Below[^1].Counts;

    /// <summary>Expected square error of one value, where what is cut off counts by its square.</summary>
    public double MeanSquare(double low, double high) => Mean(low, high) - ((1 - (1 / Coherence)) * Clipped(low, high));

    /// <summary>Mean square distance of a value to the range, without rounding inside.</summary>
    public double Clipped(double low, double high)
    {
        int below = Position(low);
        int above = Math.Max(Position(high), below);
        return Below[^1].Counts == 0 ? 0 : Coherence * Math.Max(0, Distance(0, below, low) + Distance(above, histogram.Bins, high)) / Below[^1].Counts;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (double Counts, double Values, double Squares)[] Sums()
    {
        var sums = new (double Counts, double Values, double Squares)[histogram.Bins + 1];
        (double counts, double values, double squares) = (0, 0, 0);
        for (int i = 0; i < histogram.Bins; i++)
        {
            double x = histogram.Edge(i) + (histogram.Width / 2);
            uint count = histogram.Counts[i];
            counts += count;
            values += count * x;
            squares += count * x * x;
            sums[i + 1] = (counts, values, squares);
        }

        return sums;
    }

    /// <summary>Squared distance of the bins in [first, end) to a border.</summary>
    private double Distance(int first, int end, double border)
    {
        (double counts, double values, double squares) = Below[end];
        (double countsBefore, double valuesBefore, double squaresBefore) = Below[first];
        return squares - squaresBefore - (2 * border * (values - valuesBefore)) + (border * border * (counts - countsBefore));
    }

    /// <summary>The first bin whose middle is at or above a value.</summary>
    private int Position(double value) =>
        (int)Math.Clamp(Math.Ceiling((value - histogram.Edge(0)) / histogram.Width - 0.5), 0, histogram.Bins);
}
