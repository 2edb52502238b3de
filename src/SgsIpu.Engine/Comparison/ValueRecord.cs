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

    private readonly float[] _min = Filled(channels, float.PositiveInfinity);
    private readonly float[] _max = Filled(channels, float.NegativeInfinity);
    private readonly List<float> _largest = [];
    private double _sum;
    private long _count;
    private long _beyond;

    public float Largest => _largest.Count == 0 ? 0 : _largest.Max();

    /// <summary>Adds the values of one sample, channels last.</summary>
    /// <param name="range">The real range of the integers.</param>
    public void Add(ReadOnlySpan<float> values, (double Min, double Max) range)
    {
        float largest = 0;
        for (int i = 0; i < values.Length; i++)
        {
            float v = values[i];
            int c = i % channels;
            _min[c] = Math.Min(_min[c], v);
            _max[c] = Math.Max(_max[c], v);
            largest = Math.Max(largest, Math.Abs(v));
            _sum += Math.Abs(v);
            _beyond += v < range.Min || v > range.Max ? 1 : 0;
        }

        _count += values.Length;
        _largest.Add(largest);
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

    private static float[] Filled(int count, float value)
    {
        var result = new float[count];
        Array.Fill(result, value);
        return result;
    }
}
