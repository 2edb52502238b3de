using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization;

/// <summary>What was seen of one tensor over any number of samples; independent of their order. Extremes are exact, the histogram is of a
/// regular subset of the values.</summary>
/// <param name="byChannel">True keeps a histogram of each channel besides that of the tensor.</param>
internal sealed partial class ActivationStatistics(string tensor, int channels, bool byChannel = false)
{
    /// <summary>Values of a channel that one sample adds to its histogram, about.</summary>
    private const int ChannelValues = 48;

    /// <summary>Values that one sample adds to the histogram at most.</summary>
    private const int HistogramValues = 1 << 12;

    /// <summary>Few samples of a channel that is seldom active say little of how seldom.</summary>
    private const double LeastDensity = 0.25;

    /// <summary>Means are added up as integers of this part of 1: floating-point sums would depend on the order of the samples.</summary>
    private const double Unit = 1L << 32;

    private readonly float[] _min = Filled(channels, float.PositiveInfinity);
    private readonly float[] _max = Filled(channels, float.NegativeInfinity);
    private readonly float[] _sum = new float[channels];
    private readonly float[] _squares = new float[channels];
    private readonly Int128[] _means = new Int128[channels];
    private readonly Int128[] _powers = new Int128[channels];
    private readonly List<float[]> _peaks = [];
    private float[]? _mean;
    private int _samples;

    public string Tensor => tensor;

    /// <summary>Smallest value of each channel (last dimension).</summary>
    public ReadOnlySpan<float> Min => _min;

    /// <summary>Largest value of each channel.</summary>
    public ReadOnlySpan<float> Max => _max;

    public Histogram Histogram { get; } = new();

    /// <summary>Histograms of the channels; empty where they are not kept.</summary>
    public ImmutableArray<Histogram> Channels { get; } = byChannel ? [.. Enumerable.Range(0, channels).Select(_ => new Histogram(Histogram.Coarse))] : [];

    public int Samples => _samples;

    /// <summary>Mean of a channel, every sample with the same weight.</summary>
    public double Mean(int channel) => (double)_means[channel] / Unit / _samples;

    /// <summary>Mean square distance of a channel from its mean.</summary>
    public double Variance(int channel) => Math.Max(0, ((double)_powers[channel] / Unit / _samples) - Math.Pow(Mean(channel), 2));

    /// <summary>Share of the values of a channel that are not 0; 1 where its histogram is not kept.</summary>
    public double Density(int channel) => Channels.IsEmpty ? 1 : Math.Max(LeastDensity, Channels[channel].Density);

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

        AddMoments(values.Length / _min.Length);
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
        AddToChannels(values, inner);
        AddPeaks(largest);
    }

    /// <summary>The largest value of each channel of one sample, where <see cref="Observe"/> then sees only a part of it.</summary>
    public void ObserveLargest(ReadOnlySpan<float> values)
    {
        _peaks.Add(values.ToArray());
        for (int c = 0; c < _max.Length; c++)
        {
            _max[c] = Math.Max(_max[c], values[c]);
        }
    }

    /// <summary>As <see cref="ObserveLargest"/>, the smallest value of each channel with its sign turned.</summary>
    public void ObserveSmallest(ReadOnlySpan<float> negated)
    {
        var smallest = new float[negated.Length];
        for (int c = 0; c < smallest.Length; c++)
        {
            smallest[c] = -negated[c];
        }

        _peaks.Add(smallest);
        for (int c = 0; c < _min.Length; c++)
        {
            _min[c] = Math.Min(_min[c], -negated[c]);
        }
    }

    /// <summary>As <see cref="ObserveLargest"/>, the mean of each channel.</summary>
    public void ObserveMean(ReadOnlySpan<float> values) => _mean = values.ToArray();

    public void Merge(ActivationStatistics other)
    {
        for (int c = 0; c < _min.Length; c++)
        {
            _min[c] = Math.Min(_min[c], other._min[c]);
            _max[c] = Math.Max(_max[c], other._max[c]);
            _means[c] += other._means[c];
            _powers[c] += other._powers[c];
        }

        _samples += other._samples;
        Histogram.Add(other.Histogram);
        for (int c = 0; c < Channels.Length; c++)
        {
            Channels[c].Add(other.Channels[c]);
        }
    }

    private static float[] Filled(int count, float value)
    {
        var result = new float[count];
        Array.Fill(result, value);
        return result;
    }

    /// <summary>The integer part, fast where it fits 64 bits.</summary>
    private static Int128 Whole(double value) => Math.Abs(value) < long.MaxValue / 2 ? (long)value : Int128.CreateSaturating(value);

    /// <summary>Turns the sums of one sample into integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddMoments(int values)
    {
        int count = Math.Max(values, 1);
        for (int c = 0; c < _sum.Length; c++)
        {
            float part = _sum[c] / count;
            float power = _squares[c] / count;
            float mean = part;
            if (_mean is not null)
            {
                // The spread is that of the part, around the mean of all.
                mean = _mean[c];
                power += (mean * mean) - (part * part);
            }

            _means[c] += Whole(mean * Unit);
            _powers[c] += Whole(power * Unit);
        }

        _mean = null;
        Array.Clear(_sum);
        Array.Clear(_squares);
        _samples++;
    }

    /// <summary>Counts the extremes of each channel, which a part of its values may lack: what every sample reaches is no outlier.</summary>
    private void AddPeaks(float largest)
    {
        foreach (float[] peak in _peaks)
        {
            Histogram.Add(peak, largest, 1);
            for (int c = 0; c < Channels.Length; c++)
            {
                Channels[c].Add(peak[c], Math.Max(-_min[c], _max[c]));
            }
        }

        _peaks.Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddToChannels(ReadOnlySpan<float> values, int inner)
    {
        int channels = Channels.Length;
        if (channels == 0)
        {
            return;
        }

        if (inner > 1)
        {
            int stride = (inner / ChannelValues) | 1;
            for (int plane = 0; plane * inner < values.Length; plane++)
            {
                int c = plane % channels;
                Channels[c].Add(values.Slice(plane * inner, inner), Math.Max(-_min[c], _max[c]), stride);
            }

            return;
        }

        int step = ((values.Length / channels / ChannelValues) | 1) * channels;
        for (int row = 0; row < values.Length; row += step)
        {
            for (int c = 0; c < channels; c++)
            {
                Channels[c].Add(values[row + c], Math.Max(-_min[c], _max[c]));
            }
        }
    }

    /// <summary>Channels last: each row holds one value of every channel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
                (Vector256.Create(_sum.AsSpan(i)) + v).CopyTo(_sum.AsSpan(i));
                (Vector256.Create(_squares.AsSpan(i)) + (v * v)).CopyTo(_squares.AsSpan(i));
            }

            for (; i < c; i++)
            {
                _min[i] = Math.Min(_min[i], x[i]);
                _max[i] = Math.Max(_max[i], x[i]);
                _sum[i] += x[i];
                _squares[i] += x[i] * x[i];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ObservePlanes(ReadOnlySpan<float> values, int inner)
    {
        for (int plane = 0; plane * inner < values.Length; plane++)
        {
            ReadOnlySpan<float> x = values.Slice(plane * inner, inner);
            int c = plane % _min.Length;
            (float low, float high, float sum, float squares) = Summary(x);
            _min[c] = Math.Min(_min[c], low);
            _max[c] = Math.Max(_max[c], high);
            _sum[c] += sum;
            _squares[c] += squares;
        }
    }

    /// <summary>Least and greatest value (NaN where one is not finite), sum, and sum of squares.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float Low, float High, float Sum, float Squares) Summary(ReadOnlySpan<float> x)
    {
        int width = Vector512<float>.Count;
        Vector512<float> low = Vector512.Create(float.PositiveInfinity);
        Vector512<float> high = Vector512.Create(float.NegativeInfinity);
        Vector512<float> sums = Vector512<float>.Zero;
        Vector512<float> powers = Vector512<float>.Zero;
        int i = 0;
        for (; i <= x.Length - width; i += width)
        {
            Vector512<float> v = Vector512.Create(x[i..]);
            low = Vector512.MinNative(low, v);
            high = Vector512.MaxNative(high, v);
            sums += v;
            powers += v * v;
        }

        float least = float.PositiveInfinity;
        float greatest = float.NegativeInfinity;
        float sum = Vector512.Sum(sums);
        float squares = Vector512.Sum(powers);
        if (!float.IsNaN(sum))
        {
            least = -Largest(-low);
            greatest = Largest(high);
        }
        else
        {
            least = greatest = float.NaN;
        }

        for (; i < x.Length; i++)
        {
            least = Math.Min(least, x[i]);
            greatest = Math.Max(greatest, x[i]);
            sum += x[i];
            squares += x[i] * x[i];
        }

        return (least, greatest, sum, squares);
    }

    private static float Largest(Vector512<float> v)
    {
        Vector256<float> half = Vector256.MaxNative(v.GetLower(), v.GetUpper());
        Vector128<float> quarter = Vector128.MaxNative(half.GetLower(), half.GetUpper());
        return Math.Max(Math.Max(quarter[0], quarter[1]), Math.Max(quarter[2], quarter[3]));
    }
}
