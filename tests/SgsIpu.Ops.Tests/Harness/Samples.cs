using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

/// <summary>Random tensors with fixed seeds.</summary>
internal static class Samples
{
    /// <summary>Evenly distributed in [min, max]; both ends occur where there is room.</summary>
    public static Tensor Uniform(int seed, double min, double max, params ReadOnlySpan<int> shape)
    {
        var random = new Random(seed);
        var result = new Tensor(DataType.Float32, new Shape(shape));
        Span<float> values = result.As<float>();
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(min + ((max - min) * random.NextDouble()));
        }

        if (values.Length > 1)
        {
            values[0] = (float)min;
            values[^1] = (float)max;
        }

        return result;
    }

    /// <summary>Evenly spaced from min to max.</summary>
    public static Tensor Ramp(double min, double max, int count)
    {
        var result = new Tensor(DataType.Float32, new Shape(count));
        for (int i = 0; i < count; i++)
        {
            result.As<float>()[i] = (float)(min + ((max - min) * i / (count - 1)));
        }

        return result;
    }
}
