using System.Numerics;
using System.Numerics.Tensors;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Comparison;

/// <summary>What is seen of a reference tensor over the samples, to warn of what breaks models silently.</summary>
internal sealed class ValueRecord(int channels)
{
    private const double FewBeyond = 0.001;
    private const double Outlying = 8;
    private const double Growth = 1.05;
    private const int EnoughSamples = 8;
    private const int LeastRow = 1024;

    private readonly float[] _min = Filled(channels, float.PositiveInfinity);
    private readonly float[] _max = Filled(channels, float.NegativeInfinity);
    private readonly List<float> _largest = [];
    private long _count;
    private long _beyond;

    public float Largest => _largest.Count == 0 ? 0 : _largest.Max();

    /// <summary>Adds the values of one sample, channels last.</summary>
    /// <param name="range">The real range of the integers.</param>
    public void Add(ReadOnlySpan<float> values, (double Min, double Max) range)
    {
        // Rows of as many pixels as fill some vectors.
        int length = (LeastRow + channels - 1) / channels * channels;
        float[] min = Filled(length, float.PositiveInfinity);
        float[] max = Filled(length, float.NegativeInfinity);
        for (int at = 0; at < values.Length; at += length)
        {
            ReadOnlySpan<float> row = values.Slice(at, Math.Min(length, values.Length - at));
            TensorPrimitives.Min(row, min.AsSpan(0, row.Length), min);
            TensorPrimitives.Max(row, max.AsSpan(0, row.Length), max);
        }

        for (int i = 0; i < length; i++)
        {
            _min[i % channels] = Math.Min(_min[i % channels], min[i]);
            _max[i % channels] = Math.Max(_max[i % channels], max[i]);
        }

        (float low, float high) = values.IsEmpty ? (0, 0) : (TensorPrimitives.Min<float>(min), TensorPrimitives.Max<float>(max));
        _beyond += low < range.Min || high > range.Max ? Beyond(values, (float)range.Min, (float)range.Max) : 0;
        _count += values.Length;
        _largest.Add(Math.Max(Math.Abs(low), Math.Abs(high)));
    }

    /// <summary>Adds what is recorded of later samples.</summary>
    public void Add(ValueRecord later)
    {
        TensorPrimitives.Min(_min, later._min, _min);
        TensorPrimitives.Max(_max, later._max, _max);
        _largest.AddRange(later._largest);
        _count += later._count;
        _beyond += later._beyond;
    }

    /// <summary>What is unusual.</summary>
    public IEnumerable<string> Warnings(bool isInput)
    {
        if (_count == 0)
        {
            yield break;
        }

        double beyond = _beyond / (double)_count;
        if (beyond > FewBeyond)
        {
            yield return FormattableString.Invariant($"{beyond:P1} of the values are beyond the range of the integers{(isInput ? ": the samples do not fit the configuration" : "")}");
        }

        int dead = Enumerable.Range(0, channels).Count(c => _min[c] == _max[c]);
        if (dead > 0 && channels > 1 && _count > channels)
        {
            yield return $"{dead} of {channels} channels never change";
        }

        float[] sorted = [.. _largest.Order()];
        if (sorted.Length >= EnoughSamples && sorted[^1] > Outlying * sorted[sorted.Length / 2])
        {
            yield return FormattableString.Invariant($"one sample reaches {sorted[^1]:0.###}, half of them stay below {sorted[sorted.Length / 2]:0.###}: an outlier sets the range");
        }

        int late = _largest.Count * 3 / 4;
        if (_largest.Count >= EnoughSamples && _largest.Skip(late).Max() > Growth * _largest.Take(late).Max())
        {
            yield return "the last quarter of the samples still widens the range: more samples are needed";
        }
    }

    /// <summary>A concatenation whose inputs differ so much that the small ones get few steps.</summary>
    public static string? WideConcat(Node node, IEnumerable<float> largest)
    {
        float[] ranges = [.. largest.Where(l => l > 0)];
        return node.Op is ConcatOp && ranges.Length > 1 && ranges.Max() > Outlying * 2 * ranges.Min()
            ? FormattableString.Invariant($"joins ranges from {ranges.Min():0.###} to {ranges.Max():0.###} in one scale: leave this concatenation out of the network, or make it 16 bit")
            : null;
    }

    private static long Beyond(ReadOnlySpan<float> values, float min, float max)
    {
        var lanes = Vector<int>.Zero;
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            // A lane of true is -1.
            var part = new Vector<float>(values[i..]);
            lanes -= Vector.LessThan(part, new Vector<float>(min)) | Vector.GreaterThan(part, new Vector<float>(max));
        }

        long beyond = Vector.Sum(lanes);
        foreach (float value in values[i..])
        {
            beyond += value < min || value > max ? 1 : 0;
        }

        return beyond;
    }

    private static float[] Filled(int count, float value)
    {
        var result = new float[count];
        Array.Fill(result, value);
        return result;
    }
}
