using System.Runtime.Intrinsics;
using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization;

/// <summary>What was seen of one tensor over any number of samples; independent of their order. Extremes are exact, the histogram is of a
/// regular subset of the values.</summary>
internal sealed class ActivationStatistics(string tensor, int channels)
{
    /// <summary>Values that one sample adds to the histogram at most.</summary>
    private const int HistogramValues = 1 << 14;

    private readonly float[] _min = Filled(channels, float.PositiveInfinity);
    private readonly float[] _max = Filled(channels, float.NegativeInfinity);

    public string Tensor => tensor;

    /// <summary>Smallest value of each channel (last dimension).</summary>
    public ReadOnlySpan<float> Min => _min;

    /// <summary>Largest value of each channel.</summary>
    public ReadOnlySpan<float> Max => _max;

    public Histogram Histogram { get; } = new();

    /// <summary>Adds the values of one sample.</summary>
    /// <param name="inner">Values of one channel that lie one after the other: the image of an NCHW tensor, 1 where channels come last.</param>
    /// <exception cref="IpuException">A value is no number or infinite (id <c>ValueNotFinite</c>).</exception>
    public void Observe(ReadOnlySpan<float> values, int inner)
    {
        if (inner == 1)
        {
            ObserveRows(values);
        }
        else
        {
            ObservePlanes(values, inner);
        }

        float low = _min.Min();
        float high = _max.Max();
        float largest = Math.Max(-low, high);
        if (!float.IsFinite(largest))
        {
            throw new IpuException("ValueNotFinite", $"tensor '{tensor}' has values that are infinite or no numbers; it cannot be quantized", IpuErrorKind.InvalidArgument) { Target = tensor };
        }

        // An odd stride visits every channel of any power-of-two layout.
        int stride = (values.Length / HistogramValues) | 1;
        Histogram.Add(values, largest, stride);
    }

    public void Merge(ActivationStatistics other)
    {
        for (int c = 0; c < _min.Length; c++)
        {
            _min[c] = Math.Min(_min[c], other._min[c]);
            _max[c] = Math.Max(_max[c], other._max[c]);
        }

        Histogram.Add(other.Histogram);
    }

    /// <summary>Forgets everything, to be used for another sample.</summary>
    public void Clear()
    {
        Array.Fill(_min, float.PositiveInfinity);
        Array.Fill(_max, float.NegativeInfinity);
        Histogram.Clear();
    }

    private static float[] Filled(int count, float value)
    {
        var result = new float[count];
        Array.Fill(result, value);
        return result;
    }

    /// <summary>Channels last: each row holds one value of every channel.</summary>
    private void ObserveRows(ReadOnlySpan<float> values)
    {
        int c = _min.Length;
        for (int row = 0; row < values.Length; row += c)
        {
            ReadOnlySpan<float> x = values.Slice(row, c);
            int i = 0;
            for (; i <= c - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                Vector256<float> v = Vector256.Create(x[i..]);
                Vector256.Min(v, Vector256.Create(_min.AsSpan(i))).CopyTo(_min.AsSpan(i));
                Vector256.Max(v, Vector256.Create(_max.AsSpan(i))).CopyTo(_max.AsSpan(i));
            }

            for (; i < c; i++)
            {
                _min[i] = Math.Min(_min[i], x[i]);
                _max[i] = Math.Max(_max[i], x[i]);
            }
        }
    }

    private void ObservePlanes(ReadOnlySpan<float> values, int inner)
    {
        for (int plane = 0; plane * inner < values.Length; plane++)
        {
            ReadOnlySpan<float> x = values.Slice(plane * inner, inner);
            (float low, float high) = Extremes(x);
            int c = plane % _min.Length;
            _min[c] = Math.Min(_min[c], low);
            _max[c] = Math.Max(_max[c], high);
        }
    }

    /// <summary>Least and greatest value; NaN where there is one.</summary>
    private static (float Low, float High) Extremes(ReadOnlySpan<float> x)
    {
        int width = Vector512<float>.Count;
        Vector512<float> low = Vector512.Create(float.PositiveInfinity);
        Vector512<float> high = Vector512.Create(float.NegativeInfinity);
        Vector512<float> spread = Vector512<float>.Zero;
        int i = 0;
        for (; i <= x.Length - width; i += width)
        {
            Vector512<float> v = Vector512.Create(x[i..]);
            low = Vector512.MinNative(low, v);
            high = Vector512.MaxNative(high, v);

            // v − v is 0, or NaN where v is not finite, and stays so.
            spread += v - v;
        }

        float least = float.PositiveInfinity;
        float greatest = float.NegativeInfinity;
        if (Vector512.Sum(spread) == 0)
        {
            for (int lane = 0; lane < width; lane++)
            {
                least = Math.Min(least, low[lane]);
                greatest = Math.Max(greatest, high[lane]);
            }
        }
        else
        {
            least = greatest = float.NaN;
        }

        for (; i < x.Length; i++)
        {
            least = Math.Min(least, x[i]);
            greatest = Math.Max(greatest, x[i]);
        }

        return (least, greatest);
    }
}
