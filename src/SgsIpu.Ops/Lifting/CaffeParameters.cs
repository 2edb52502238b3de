using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>What the parameters of Caffe's layers have in common: enumerations by name or number, sizes of height and width, weights.</summary>
internal static class CaffeParameters
{
    private const long Largest = 1 << 24;

    /// <summary>The position of an enumeration's value, which a file gives by name or by number.</summary>
    public static int Enum(this LiftContext c, string name, int fallback, params ReadOnlySpan<string> values)
    {
        if (!c.Node.Attributes.TryGetValue(name, out object? value))
        {
            return fallback;
        }

        int index = value switch
        {
            long number when number >= 0 && number < values.Length => (int)number,
            string text => values.IndexOf(text),
            bool flag when values.Length == 2 => flag ? 1 : 0,
            _ => -1,
        };
        return index >= 0 ? index : throw c.Wrong($"'{name}' is {string.Join(" or ", values.ToArray())}, found {value}");
    }

    /// <summary>A dimension of input 0; negative values count from the end.</summary>
    public static int Axis(this LiftContext c, string name, int fallback, int input = 0)
    {
        int rank = c.Spec(input).Shape.Rank;
        long axis = c.Node.Int(name, fallback);
        return axis >= -rank && axis < rank ? (int)(axis < 0 ? axis + rank : axis) : throw c.Wrong($"'{name}' {axis} is no dimension of {c.Spec(input)}");
    }

    /// <summary>An integer that is not below the least.</summary>
    public static int Size(this LiftContext c, string name, int fallback, int least = 1)
    {
        long value = c.Node.Int(name, fallback);
        return value >= least && value <= Largest ? (int)value : throw c.Wrong($"'{name}' is from {least} on, found {value}");
    }

    /// <summary>Height and width, from <c>name_h</c> and <c>name_w</c> or from one or two values of <paramref name="name"/>.</summary>
    public static (int H, int W) Pair(this LiftContext c, string name, string prefix, int fallback, int least)
    {
        if (c.Node.Has(prefix + "_h") || c.Node.Has(prefix + "_w"))
        {
            return (c.Size(prefix + "_h", fallback, least), c.Size(prefix + "_w", fallback, least));
        }

        long[] values = c.Node.Ints(name) ?? [fallback];
        return values.Length is 1 or 2 && values.All(v => v >= least && v <= Largest)
            ? ((int)values[0], (int)values[^1])
            : throw c.Wrong($"'{name}' is one value or two, from {least} on, found [{string.Join(", ", values)}]");
    }

    /// <summary>Real numbers of a repeated field, in whatever form they were read.</summary>
    public static float[] Reals(this LiftContext c, string name) => c.Node.Attributes.GetValueOrDefault(name) switch
    {
        null => [],
        long i => [i],
        float f => [f],
        long[] list => [.. list.Select(v => (float)v)],
        float[] list => list,
        var other => throw c.Wrong($"'{name}' are numbers, found {other}"),
    };

    /// <summary>The inputs are images or whatever else has the rank.</summary>
    public static Shape Image(this LiftContext c, int input = 0) => c.Spec(input).Shape is { Rank: 4 } shape
        ? shape
        : throw c.Error("CaffeRank", $"input {input} must have 4 dimensions, found {c.Spec(input)}", IpuErrorKind.NotSupported);

    public static bool HasBlob(this LiftContext c, int index) => c.Node.Has($"blob{index}");

    /// <summary>Weights of the layer under the wanted shape. Old files have leading dimensions of 1, which mean nothing.</summary>
    /// <exception cref="IpuException">The weight file is not given, or has none for this layer, or others.</exception>
    public static Tensor Blob(this LiftContext c, int index, string meaning, Shape wanted)
    {
        Tensor blob = c.Blob(index, meaning);
        return blob.Shape.SkipWhile(d => d == 1).SequenceEqual(wanted.SkipWhile(d => d == 1))
            ? blob.Reshape(wanted)
            : throw c.Error("CaffeWeightShape", $"{meaning} in '{Path.GetFileName(c.Graph.WeightPath)}' have the shape {blob.Shape}, the prototxt asks for {wanted}; the two files do not belong together");
    }

    /// <inheritdoc cref="Blob(LiftContext, int, string, Shape)"/>
    public static Tensor Blob(this LiftContext c, int index, string meaning) => c.Node.Tensor($"blob{index}") ?? throw (c.Graph.WeightPath.Length == 0
        ? c.Error("CaffeWeightsMissing", $"{meaning} are missing: name the caffemodel with -WeightFile", IpuErrorKind.InvalidArgument)
        : c.Error("CaffeWeightsMissing", $"'{Path.GetFileName(c.Graph.WeightPath)}' has {(c.HasBlob(0) ? "no" : "no layer of this name with")} {meaning}; is it the caffemodel of this prototxt?"));

    public static IpuException Wrong(this LiftContext c, string message) => c.Error("CaffeParameter", message);

    /// <summary>Values of one dimension (or several from it on), shaped so that they broadcast to an input from <paramref name="axis"/> on.</summary>
    public static Shape Along(Shape values, int axis, int rank) => new([.. values, .. Enumerable.Repeat(1, rank - axis - values.Rank)]);

    /// <summary>Reshapes if the shape is another.</summary>
    public static string Reshaped(this LiftContext c, string tensor, Shape shape, string hint) =>
        c.SpecOf(tensor).Shape == shape ? tensor : c.Add(hint, new ReshapeOp(shape), tensor);
}
