namespace SgsIpu.Ops;

/// <summary>How a resize weighs the elements around a place; a nearest neighbour is taken as it is.</summary>
/// <param name="Cubic">True for cubic convolution (Keys 1981), false for linear interpolation.</param>
/// <param name="A">The cubic's parameter; ONNX's and PyTorch's is −0.75.</param>
/// <param name="Antialias">True where the filter widens as the image shrinks.</param>
/// <param name="ExcludeOutside">True where what is outside of the image does not count; false where it repeats the edge.</param>
public sealed record ResizeFilter(bool Cubic, double A = -0.75, bool Antialias = false, bool ExcludeOutside = false)
{
    /// <summary>The input elements of one output position and their weights, whose sum is 1, in the order of the elements.</summary>
    public (int Index, double Weight)[] Taps(ResizeAxis axis, ResizeCoordinates coordinates, int position, int size)
    {
        ArgumentNullException.ThrowIfNull(axis);
        double at = axis.Source(coordinates, position, size);
        double stretch = Antialias ? Math.Min(axis.Scale, 1) : 1;
        int reach = Cubic ? 2 : 1;
        int first = (int)Math.Floor(-reach / stretch) + 1;
        int whole = (int)Math.Floor(Math.Clamp(at, -1e9, 1e9));
        var weights = new SortedDictionary<int, double>();
        double sum = 0;
        for (int i = first; i <= 1 - first; i++)
        {
            double weight = Weight((i - (at - whole)) * stretch);
            int index = whole + i;
            if (weight == 0 || (ExcludeOutside && (index < 0 || index >= size)))
            {
                continue;
            }

            index = Math.Clamp(index, 0, size - 1);
            weights[index] = weights.GetValueOrDefault(index) + weight;
            sum += weight;
        }

        // A place so far outside that nothing counts has the edge.
        return sum == 0 ? [(Math.Clamp(whole, 0, size - 1), 1)] : [.. weights.Select(w => (w.Key, w.Value / sum))];
    }

    private double Weight(double distance)
    {
        double d = Math.Abs(distance);
        if (!Cubic)
        {
            return Math.Max(0, 1 - d);
        }

        return d <= 1 ? ((((A + 2) * d) - (A + 3)) * d * d) + 1
            : d < 2 ? ((((A * d) - (5 * A)) * d) + (8 * A)) * d - (4 * A)
            : 0;
    }
}
