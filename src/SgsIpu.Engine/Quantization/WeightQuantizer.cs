using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SgsIpu.Core;
using Tensor = SgsIpu.Core.Tensor;

namespace SgsIpu.Engine.Quantization;

/// <summary>Rounds constant weights to symmetric integers with one scale for each output channel.</summary>
internal static class WeightQuantizer
{
    private const int Steps = 60;
    private const double Narrowest = 0.4;

    /// <summary>Weights that are added up before it is asked whether the rest still matters.</summary>
    private const int Stretch = 64;

    /// <summary>Scales that cover the largest magnitude of each channel.</summary>
    /// <param name="axis">Dimension of the output channels, or −1 for one scale.</param>
    public static double[] MinMaxScales(Tensor weights, int axis, int levels) =>
        [.. Enumerable.Range(0, Channels(weights, axis)).Select(c => Covering(Channel(weights, axis, c), levels))];

    /// <summary>
    /// Scales with the least square error of each channel, found by trying narrower ranges than the largest magnitude.
    /// </summary>
    /// <param name="importance">
    /// Variance of the input that the weights of each place of the last dimension meet, so that the error is that of the output; null counts all alike.
    /// </param>
    public static double[] LeastSquaresScales(Tensor weights, float[]? importance, int axis, int levels)
    {
        int channels = Channels(weights, axis);
        int size = channels == 0 ? 0 : (int)(weights.Count / channels);

        // All channels meet the same inputs, but where each has inputs of its own.
        bool own = importance is not null && axis == weights.Shape.Rank - 1;
        float[] factors = own ? [] : Repeated(importance ?? [1], size);
        return
        [
            .. Enumerable.Range(0, channels).AsParallel().AsOrdered()
                .Select(c => LeastSquares(Channel(weights, axis, c), own ? Repeated([importance![c]], size) : factors, levels)),
        ];
    }

    /// <summary>Scales that cover given ranges.</summary>
    public static double[] GivenScales(Tensor weights, GivenRange range, int axis, int levels) =>
        [.. Enumerable.Range(0, axis < 0 ? 1 : weights.Shape[axis]).Select(c => range.Bound(c) > 0 ? range.Bound(c) / levels : 1.0)];

    /// <summary>The weights, each within the range of its output channel.</summary>
    public static Tensor Clamp(Tensor weights, GivenRange range, int axis)
    {
        float[] values = weights.ToFloats();
        int inner = axis < 0 ? values.Length : Inner(weights.Shape, axis);
        for (int i = 0; i < values.Length; i++)
        {
            int c = range.IsPerTensor ? 0 : i / inner % weights.Shape[axis];
            values[i] = Math.Clamp(values[i], range.Min[c], range.Max[c]);
        }

        return Tensor.FromArray<float>(values, weights.Shape);
    }

    /// <summary>The integers, rounded half to even and clamped to ±<paramref name="levels"/>.</summary>
    public static Tensor Round(Tensor weights, ReadOnlySpan<double> scales, int axis, DataType type, int levels)
    {
        ReadOnlySpan<float> values = weights.As<float>();
        var result = new Tensor(type, weights.Shape);
        Span<sbyte> bytes = type == DataType.Int8 ? result.As<sbyte>() : [];
        Span<short> words = type == DataType.Int8 ? [] : result.As<short>();
        int inner = Math.Max(1, axis < 0 ? values.Length : Inner(weights.Shape, axis));
        int channel = 0;
        for (int run = 0; run < values.Length; run += inner)
        {
            double scale = scales[channel];
            channel = channel + 1 == scales.Length ? 0 : channel + 1;
            int i = run;
            for (; i <= run + inner - Vector512<float>.Count; i += Vector512<float>.Count)
            {
                Vector256<short> q = Rounded(Vector512.Create(values[i..]), scale, levels);
                if (type == DataType.Int8)
                {
                    Vector128.Narrow(q.GetLower(), q.GetUpper()).CopyTo(bytes[i..]);
                }
                else
                {
                    q.CopyTo(words[i..]);
                }
            }

            for (; i < run + inner; i++)
            {
                double q = Math.Clamp(Math.Round(values[i] / scale, MidpointRounding.ToEven), -levels, levels);
                if (type == DataType.Int8)
                {
                    bytes[i] = (sbyte)q;
                }
                else
                {
                    words[i] = (short)q;
                }
            }
        }

        return result;
    }

    private static Vector256<short> Rounded(Vector512<float> values, double scale, int levels)
    {
        (Vector512<double> low, Vector512<double> high) = Vector512.Widen(values);
        Vector512<int> q = Vector512.ConvertToInt32(Vector512.Narrow(Rounded(low, scale, levels), Rounded(high, scale, levels)));
        return Vector256.Narrow(q.GetLower(), q.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Rounded(Vector512<double> values, double scale, int levels) =>
        Vector512.Clamp(Vector512.Round(values / Vector512.Create(scale), MidpointRounding.ToEven), Vector512.Create((double)-levels), Vector512.Create((double)levels));

    private static double Covering(ReadOnlySpan<float> channel, int levels)
    {
        float largest = channel.IsEmpty ? 0 : Math.Abs(TensorPrimitives.MaxMagnitude(channel));
        return largest > 0 ? (double)largest / levels : 1.0;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double LeastSquares(ReadOnlySpan<float> channel, ReadOnlySpan<float> importance, int levels)
    {
        double full = Covering(channel, levels);
        double best = full;
        double least = double.PositiveInfinity;
        for (int i = 0; i <= Steps; i++)
        {
            double scale = full * (1 - ((1 - Narrowest) * i / Steps));
            double error = SquareError(channel, importance, (float)scale, levels, least);
            if (error < least)
            {
                (best, least) = (scale, error);
            }
        }

        return best;
    }

    /// <param name="limit">What the error is told to be where it reaches it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SquareError(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float scale, int levels, double limit)
    {
        // A fixed width, so that the sum is the same on every machine.
        int width = Vector256<float>.Count;
        var inverse = Vector256.Create(1 / scale);
        var high = Vector256.Create((float)levels);
        Vector256<float> sum = Vector256<float>.Zero;
        int i = 0;
        for (; i <= x.Length - width; i += width)
        {
            if (i % Stretch == 0 && Vector256.Sum(sum) >= limit)
            {
                return limit;
            }

            Vector256<float> v = Vector256.Create(x[i..]);
            Vector256<float> q = Vector256.Round(v * inverse, MidpointRounding.ToEven);
            Vector256<float> e = v - (Vector256.MinNative(Vector256.MaxNative(q, -high), high) * scale);
            sum += e * e * Vector256.Create(importance[i..]);
        }

        double total = Vector256.Sum(sum);
        for (; i < x.Length; i++)
        {
            float e = x[i] - (Math.Clamp(MathF.Round(x[i] / scale, MidpointRounding.ToEven), -levels, levels) * scale);
            total += e * e * importance[i];
        }

        return total;
    }

    private static float[] Repeated(ReadOnlySpan<float> values, int count)
    {
        var result = new float[count];
        for (int at = 0; at < count; at += values.Length)
        {
            values.CopyTo(result.AsSpan(at));
        }

        return result;
    }

    private static int Inner(Shape shape, int axis) => shape.Skip(axis + 1).Aggregate(1, (a, b) => a * b);

    private static int Channels(Tensor weights, int axis) => axis < 0 ? 1 : weights.Shape[axis];

    /// <summary>The weights of a channel; a copy where they do not follow each other.</summary>
    private static ReadOnlySpan<float> Channel(Tensor weights, int axis, int channel)
    {
        ReadOnlySpan<float> values = weights.As<float>();
        int channels = Channels(weights, axis);
        int inner = axis < 0 ? values.Length : Inner(weights.Shape, axis);
        if (inner * channels == values.Length)
        {
            return values.Slice(channel * inner, inner);
        }

        var result = new float[values.Length / channels];
        for (int at = 0; at < result.Length; at += inner)
        {
            values.Slice((at * channels) + (channel * inner), inner).CopyTo(result.AsSpan(at));
        }

        return result;
    }
}
