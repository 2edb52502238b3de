using System.Collections.Immutable;
using System.Numerics;
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

    // Extremes of the sample at hand, and their sums over the samples.
    private readonly float[] _low = new float[channels];
    private readonly float[] _high = new float[channels];
    private readonly Int128[] _lows = new Int128[channels];
    private readonly Int128[] _highs = new Int128[channels];
    private readonly float[] _sum = new float[channels];
    private readonly float[] _squares = new float[channels];
    private readonly float[] _none = new float[channels];
    private readonly Int128[] _means = new Int128[channels];
    private readonly Int128[] _powers = new Int128[channels];
    private readonly long[] _zeros = new long[channels];
    private readonly Lock _gate = new();
    private int _samples;
    private long _values;

    public string Tensor => tensor;

    /// <summary>Smallest value of each channel (last dimension).</summary>
    public ReadOnlySpan<float> Min => _min;

    /// <summary>Largest value of each channel.</summary>
    public ReadOnlySpan<float> Max => _max;

    public Histogram Histogram { get; } = new();

    /// <summary>Histograms of the channels; empty where they are not kept.</summary>
    public ImmutableArray<Histogram> Channels { get; } = byChannel ? [.. Enumerable.Range(0, channels).Select(_ => new Histogram(Histogram.Coarse))] : [];

    public int Samples => _samples;

    /// <summary>Mean over the samples of the smallest value of a channel, 0 where that is above 0.</summary>
    public double MeanMin(int channel) => (double)_lows[channel] / Unit / _samples;

    /// <summary>Mean over the samples of the largest value of a channel, 0 where that is below 0.</summary>
    public double MeanMax(int channel) => (double)_highs[channel] / Unit / _samples;

    /// <summary>Mean of a channel, every sample with the same weight.</summary>
    public double Mean(int channel) => (double)_means[channel] / Unit / _samples;

    /// <summary>Mean square distance of a channel from its mean.</summary>
    public double Variance(int channel) => Math.Max(0, ((double)_powers[channel] / Unit / _samples) - Math.Pow(Mean(channel), 2));

    /// <summary>Share of the values of a channel that rounding changes: all but zeros.</summary>
    public double Density(int channel) => _values == 0 ? 1 : Math.Max(LeastDensity, 1 - ((double)_zeros[channel] / _values));

    /// <summary>Adds the values of one sample. Safe from several threads.</summary>
    /// <param name="inner">Values of one channel that lie one after the other: the image of an NCHW tensor, 1 where channels come last.</param>
    /// <param name="whole">What is known of all values of the sample where <paramref name="values"/> are only a part.</param>
    /// <exception cref="IpuException">A value is no number or infinite (id <c>ValueNotFinite</c>).</exception>
    public void Observe(ReadOnlySpan<float> values, int inner, ChannelSummaries whole = default)
    {
        lock (_gate)
        {
            Array.Fill(_low, float.PositiveInfinity);
            Array.Fill(_high, float.NegativeInfinity);
            AddExtremes(whole);
            if (inner == 1)
            {
                ObserveRows(values);
            }
            else
            {
                ObservePlanes(values, inner);
            }

            KeepExtremes();
            AddMoments(values.Length / _min.Length, whole.Mean);
            float largest = Math.Max(-_min.Min(), _max.Max());
            if (!float.IsFinite(largest))
            {
                throw new IpuException("ValueNotFinite", $"tensor '{tensor}' has values that are infinite or no numbers; it cannot be quantized", IpuErrorKind.InvalidArgument) { Target = tensor };
            }

            // An odd stride visits every channel of any power-of-two layout.
            int stride = (values.Length / HistogramValues) | 1;
            Histogram.Add(values, largest, stride);
            AddToChannels(values, inner);

            // What every sample reaches is no outlier, though a part of its values may lack it.
            AddPeaks(whole.Largest, largest, 1);
            AddPeaks(whole.NegatedSmallest, largest, -1);
        }
    }

    public void Merge(ActivationStatistics other)
    {
        for (int c = 0; c < _min.Length; c++)
        {
            _min[c] = Math.Min(_min[c], other._min[c]);
            _max[c] = Math.Max(_max[c], other._max[c]);
            _lows[c] += other._lows[c];
            _highs[c] += other._highs[c];
            _means[c] += other._means[c];
            _powers[c] += other._powers[c];
            _zeros[c] += other._zeros[c];
        }

        _samples += other._samples;
        _values += other._values;
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
    private void AddMoments(int values, ReadOnlySpan<float> means)
    {
        int count = Math.Max(values, 1);
        for (int c = 0; c < _sum.Length; c++)
        {
            float part = _sum[c] / count;
            float power = _squares[c] / count;
            float mean = part;
            if (!means.IsEmpty)
            {
                // The spread is that of the part, around the mean of all.
                mean = means[c];
                power += (mean * mean) - (part * part);
            }

            _means[c] += Whole(mean * Unit);
            _powers[c] += Whole(power * Unit);
            _zeros[c] += (long)_none[c];
        }

        Array.Clear(_sum);
        Array.Clear(_squares);
        Array.Clear(_none);
        _samples++;
        _values += values;
    }

    private void AddExtremes(ChannelSummaries whole)
    {
        for (int c = 0; c < whole.Largest.Length; c++)
        {
            _high[c] = Math.Max(_high[c], whole.Largest[c]);
        }

        for (int c = 0; c < whole.NegatedSmallest.Length; c++)
        {
            _low[c] = Math.Min(_low[c], -whole.NegatedSmallest[c]);
        }
    }

    /// <summary>Adds the extremes of one sample to those of all.</summary>
    private void KeepExtremes()
    {
        for (int c = 0; c < _low.Length; c++)
        {
            _min[c] = Math.Min(_min[c], _low[c]);
            _max[c] = Math.Max(_max[c], _high[c]);
            _lows[c] += Whole(Math.Min(_low[c], 0) * Unit);
            _highs[c] += Whole(Math.Max(_high[c], 0) * Unit);
        }
    }

    private void AddPeaks(ReadOnlySpan<float> peaks, float largest, float sign)
    {
        for (int c = 0; c < peaks.Length; c++)
        {
            Histogram.Add(sign * peaks[c], largest);
            if (!Channels.IsEmpty)
            {
                Channels[c].Add(sign * peaks[c], Math.Max(-_min[c], _max[c]));
            }
        }
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
                Vector256.Min(v, Vector256.Create(_low.AsSpan(i))).CopyTo(_low.AsSpan(i));
                Vector256.Max(v, Vector256.Create(_high.AsSpan(i))).CopyTo(_high.AsSpan(i));
                (Vector256.Create(_sum.AsSpan(i)) + v).CopyTo(_sum.AsSpan(i));
                (Vector256.Create(_squares.AsSpan(i)) + (v * v)).CopyTo(_squares.AsSpan(i));
                (Vector256.Create(_none.AsSpan(i)) + IsZero(v)).CopyTo(_none.AsSpan(i));
            }

            for (; i < c; i++)
            {
                _low[i] = Math.Min(_low[i], x[i]);
                _high[i] = Math.Max(_high[i], x[i]);
                _sum[i] += x[i];
                _squares[i] += x[i] * x[i];
                _none[i] += x[i] == 0 ? 1 : 0;
            }
        }
    }

    /// <summary>1 where a value is 0.</summary>
    private static Vector256<float> IsZero(Vector256<float> v) => Vector256.Equals(v, Vector256<float>.Zero) & Vector256<float>.One;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ObservePlanes(ReadOnlySpan<float> values, int inner)
    {
        for (int plane = 0; plane * inner < values.Length; plane++)
        {
            ReadOnlySpan<float> x = values.Slice(plane * inner, inner);
            int c = plane % _min.Length;
            (float low, float high, float sum, float squares, int zeros) = Summary(x);
            _low[c] = Math.Min(_low[c], low);
            _high[c] = Math.Max(_high[c], high);
            _sum[c] += sum;
            _squares[c] += squares;
            _none[c] += zeros;
        }
    }

    /// <summary>Least and greatest value (NaN where one is not finite), sum, sum of squares, and how many are 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float Low, float High, float Sum, float Squares, int Zeros) Summary(ReadOnlySpan<float> x)
    {
        int width = Vector512<float>.Count;
        Vector512<float> low = Vector512.Create(float.PositiveInfinity);
        Vector512<float> high = Vector512.Create(float.NegativeInfinity);
        Vector512<float> sums = Vector512<float>.Zero;
        Vector512<float> powers = Vector512<float>.Zero;
        int zeros = 0;
        int i = 0;
        for (; i <= x.Length - width; i += width)
        {
            Vector512<float> v = Vector512.Create(x[i..]);
            low = Vector512.MinNative(low, v);
            high = Vector512.MaxNative(high, v);
            sums += v;
            powers += v * v;
            zeros += BitOperations.PopCount(Vector512.Equals(v, Vector512<float>.Zero).ExtractMostSignificantBits());
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
            zeros += x[i] == 0 ? 1 : 0;
        }

        return (least, greatest, sum, squares, zeros);
    }

    private static float Largest(Vector512<float> v)
    {
        Vector256<float> half = Vector256.MaxNative(v.GetLower(), v.GetUpper());
        Vector128<float> quarter = Vector128.MaxNative(half.GetLower(), half.GetUpper());
        return Math.Max(Math.Max(quarter[0], quarter[1]), Math.Max(quarter[2], quarter[3]));
    }
}
