using SgsIpu.Core;

namespace SgsIpu.Engine.Comparison;

/// <summary>Brings a framework's arrays into the layout of our graph, where channels are last.</summary>
internal static class Arrangement
{
    /// <summary>
    /// The values in the order of <paramref name="wanted"/>: as they are, or with the channels, which frameworks keep in second place, moved
    /// to the end. Where both fit, the order that is nearer to <paramref name="like"/> is meant.
    /// </summary>
    /// <exception cref="IpuException">Neither fits (id <c>ReferenceShape</c>).</exception>
    public static float[] Of(Tensor value, TensorSpec wanted, ReadOnlySpan<float> like)
    {
        float[] values = value.ToFloats();
        int[] shape = [.. Significant(value.Shape)];
        int[] target = [.. Significant(wanted.Shape)];
        bool same = shape.SequenceEqual(target);
        bool moved = value.Shape.Rank > 2 && value.Shape.Rank == wanted.Shape.Rank
            && value.Shape[0] == wanted.Shape[0] && value.Shape[1] == wanted.Shape[-1] && value.Shape.Skip(2).SequenceEqual(wanted.Shape.Skip(1).SkipLast(1));
        float[] last = moved ? ChannelsLast(values, value.Shape) : [];
        return (same, moved) switch
        {
            (true, true) => Distance(values, like) <= Distance(last, like) ? values : last,
            (true, false) => values,
            (false, true) => last,
            _ => throw new IpuException("ReferenceShape", $"values of '{wanted.Name}' are {value.Shape}; the model has {wanted.Shape}", IpuErrorKind.InvalidArgument) { Target = wanted.Name },
        };
    }

    /// <summary>An input of ours as a model with these sizes takes it: with the channels in second place where only that fits.</summary>
    /// <param name="sizes">-1 for open ones.</param>
    public static Tensor ForSizes(Tensor value, IReadOnlyList<int> sizes)
    {
        int[] first = value.Shape.Rank > 2 ? [value.Shape[0], value.Shape[-1], .. value.Shape.Skip(1).SkipLast(1)] : [.. value.Shape];
        if (Fits(value.Shape) || !Fits(first) || value.Type != DataType.Float32)
        {
            return value;
        }

        ReadOnlySpan<float> x = value.As<float>();
        int channels = first[1];
        int pixels = x.Length / Math.Max(first[0] * channels, 1);
        var moved = new float[x.Length];
        for (int i = 0; i < moved.Length; i++)
        {
            int pixel = i / channels;
            moved[(((pixel / pixels * channels) + (i % channels)) * pixels) + (pixel % pixels)] = x[i];
        }

        return Tensor.FromArray<float>(moved, new Shape(first));

        bool Fits(IEnumerable<int> shape) => shape.Count() == sizes.Count && shape.Zip(sizes).All(p => p.Second < 0 || p.First == p.Second);
    }

    private static IEnumerable<int> Significant(Shape shape) => shape.Where(d => d != 1);

    private static float[] ChannelsLast(float[] values, Shape shape)
    {
        int channels = shape[1];
        int pixels = values.Length / Math.Max(shape[0] * channels, 1);
        var result = new float[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int image = i / (channels * pixels);
            int channel = i / pixels % channels;
            result[(((image * pixels) + (i % pixels)) * channels) + channel] = values[i];
        }

        return result;
    }

    private static double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double d = (double)a[i] - b[i];
            sum += d * d;
        }

        return sum;
    }
}
