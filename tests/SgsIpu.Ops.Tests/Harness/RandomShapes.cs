using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

/// <summary>Random shapes and tensors of a seed, for properties that hold for all of them.</summary>
internal sealed class RandomShapes(int seed)
{
    private readonly Random _random = new(seed);

    public int Next(int low, int high) => _random.Next(low, high + 1);

    /// <summary>A shape of rank 1 to 4 with sizes from 1 to 7.</summary>
    public int[] Shape() => [.. Enumerable.Range(0, Next(1, 4)).Select(_ => Next(1, 7))];

    /// <summary>A shape that broadcasts to another: some leading dimensions are missing, some of the others are 1.</summary>
    public int[] Broadcastable(int[] shape) => [.. shape.Skip(Next(0, shape.Length)).Select(s => Next(0, 2) == 0 ? 1 : s)];

    /// <summary>Real numbers of a random magnitude from 10^-3 to 10^3.</summary>
    public Tensor Reals(params ReadOnlySpan<int> shape)
    {
        double magnitude = Math.Pow(10, (_random.NextDouble() * 6) - 3);
        var result = new Tensor(DataType.Float32, new Shape(shape));
        foreach (ref float v in result.As<float>())
        {
            v = (float)(((_random.NextDouble() * 2) - 1) * magnitude);
        }

        return result;
    }

    public Tensor Longs(int low, int high, params ReadOnlySpan<int> shape)
    {
        var result = new Tensor(DataType.Int64, new Shape(shape));
        foreach (ref long v in result.As<long>())
        {
            v = Next(low, high);
        }

        return result;
    }

    public Tensor Ints(int low, int high, params ReadOnlySpan<int> shape)
    {
        var result = new Tensor(DataType.Int32, new Shape(shape));
        foreach (ref int v in result.As<int>())
        {
            v = Next(low, high);
        }

        return result;
    }

    public Tensor Truths(params ReadOnlySpan<int> shape)
    {
        var result = new Tensor(DataType.Bool, new Shape(shape));
        foreach (ref bool v in result.As<bool>())
        {
            v = Next(0, 1) == 1;
        }

        return result;
    }
}
