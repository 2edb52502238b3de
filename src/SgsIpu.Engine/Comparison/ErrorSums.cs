namespace SgsIpu.Engine.Comparison;

/// <summary>Adds up the distance of values from a reference.</summary>
/// <param name="low">Values below count as this one.</param>
/// <param name="high">Values above count as this one.</param>
internal sealed class ErrorSums(double low, double high)
{
    private double _signal;
    private double _other;
    private double _product;
    private double _noise;
    private double _largest;

    public TensorError Result => new(
        _signal > 0 && _other > 0 ? _product / Math.Sqrt(_signal * _other) : _signal == _other ? 1 : 0,
        _noise > 0 ? 10 * Math.Log10(_signal / _noise) : double.PositiveInfinity,
        _largest);

    /// <summary>Adds values in the same order.</summary>
    public void Add(ReadOnlySpan<float> reference, ReadOnlySpan<float> values)
    {
        for (int i = 0; i < reference.Length; i++)
        {
            double x = Math.Clamp(reference[i], low, high);
            double y = Math.Clamp(values[i], low, high);
            double d = y - x;
            _signal += x * x;
            _other += y * y;
            _product += x * y;
            _noise += d * d;
            _largest = Math.Max(_largest, Math.Abs(d));
        }
    }
}
