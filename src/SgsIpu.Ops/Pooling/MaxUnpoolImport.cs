using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// ONNX's <c>MaxUnpool</c>: each value back to the place that the pooling told of it, with zeros around it. Places count the elements of the
/// image that the window gives; a larger output has zeros behind it.
/// </summary>
internal static class MaxUnpoolImport
{
    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Onnx("MaxUnpool", Lift)];

    private static void Lift(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        SpatialWindow window = SpatialWindow.Of(c, SpatialWindow.DeclaredKernel(c));
        IEnumerable<long> sizes = Enumerable.Range(0, window.Rank)
            .Select(d => ((long)(x[d + 2] - 1) * window.Strides[d]) + window.Kernel[d] - window.Before[d] - window.After[d]);
        Shape image = new([x[0], x[1], .. sizes.Select(s => s is > 0 and < 1 << 24 ? (int)s : throw c.Error("ShapeMismatch", $"the window gives an image of {s} elements along a dimension"))]);
        Shape y = c.HasInput(2) ? new Shape(c.RequireConstant(2, "output_shape").ToInts()) : image;
        if (c.Spec(1).Shape != x || y.Rank != image.Rank || image.Zip(y).Any(s => s.Second < s.First) || image.Count > int.MaxValue)
        {
            throw c.Error("ShapeMismatch", $"values {c.Spec(0)} at places {c.Spec(1)} fill an image {image}, which does not lie in {y}");
        }

        string zeros = c.AddConstant(new Tensor(c.Spec(0).Type, new Shape((int)image.Count)), "zeros");
        string flat = c.Add("flat", new ScatterOp(0), zeros, c.Reshaped(c.Input(1), new Shape((int)x.Count), "places"), c.Reshaped(c.Input(0), new Shape((int)x.Count), "values"));
        if (y == image)
        {
            c.AddOutput(0, new ReshapeOp(image), flat);
        }
        else
        {
            c.AddOutput(0, new PadOp([.. image.Select(_ => 0)], [.. image.Zip(y).Select(s => s.Second - s.First)], PadMode.Constant), c.Add("image", new ReshapeOp(image), flat));
        }
    }
}
