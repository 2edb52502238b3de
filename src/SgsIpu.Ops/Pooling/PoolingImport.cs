using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// ONNX's poolings over lines, images and volumes. A volume is pooled over its images and then along the depth: maxima and means over a
/// box are those of the two, with padding too, since the number of elements that count is a product.
/// </summary>
internal static class PoolingImport
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("AveragePool", static c =>
            Pool(c, Input(c), Windowed(new AveragePool2DOp { CountIncludePad = c.Node.Int("count_include_pad", 0) != 0 }, Window(c), CeilMode(c)), Window(c))),
        ImportRule.Onnx("GlobalLpPool", GlobalLpPool),
        ImportRule.Onnx("LpPool", LpPool),
        ImportRule.Onnx("MaxPool", MaxPool),
    ];

    private static bool CeilMode(LiftContext c) => c.Node.Int("ceil_mode", 0) != 0;

    private static string Input(LiftContext c) => c.Input(0);

    private static SpatialWindow Window(LiftContext c) => SpatialWindow.Of(c, SpatialWindow.DeclaredKernel(c));

    private static void MaxPool(LiftContext c)
    {
        if (c.HasOutput(1))
        {
            WithIndices(c);
            return;
        }

        Pool(c, Input(c), Windowed(new MaxPool2DOp(), Window(c), CeilMode(c)), Window(c));
    }

    private static void WithIndices(LiftContext c)
    {
        SpatialWindow window = Window(c);
        if (window.Rank != 2)
        {
            throw c.Error("PoolingIndices", $"the indices of a maximum pooling are supported for images of two dimensions, found {c.Spec(0)}", IpuErrorKind.NotSupported);
        }

        string[] pooled = c.AddMany("pooled", Windowed(new MaxPoolWithIndices2DOp(c.Node.Int("storage_order", 0) != 0), window, CeilMode(c)), 2, c.ToNhwc(c.Input(0)));
        for (int i = 0; i < 2; i++)
        {
            if (c.HasOutput(i))
            {
                c.AddOutput(i, new TransposeOp([0, 3, 1, 2]), pooled[i]);
            }
        }
    }

    /// <summary>(Σ |x|^p)^(1/p): the mean with its padding, times the size of the window.</summary>
    private static void LpPool(LiftContext c)
    {
        SpatialWindow window = Window(c);
        if (CeilMode(c))
        {
            // Partial windows become whole ones over zeros, so that all means have the same divisor.
            window = window with { After = [.. Enumerable.Range(0, window.Rank).Select(d => WholeWindows(c, window, d))] };
        }

        float p = Power(c);
        string mean = Images(c, Raised(c, p), Windowed(new AveragePool2DOp { CountIncludePad = true }, window, ceil: false), window);
        string sum = c.Add("sum", new MulOp(), mean, c.AddConstant(Tensor.Scalar((float)window.Kernel.Aggregate(1L, (a, k) => a * k)), "area"));
        SpatialLayout.Finish(c, Rooted(c, sum, p));
    }

    private static void GlobalLpPool(LiftContext c)
    {
        float p = Power(c);
        int rank = c.Spec(0).Shape.Rank;
        if (rank < 3)
        {
            throw c.Error("PoolingRank", $"{c.Spec(0)} has no image to pool");
        }

        string sum = c.Add("sum", new ReduceOp(ReduceKind.Sum, [.. Enumerable.Range(2, rank - 2)]), Raised(c, p));
        c.Bind(0, Rooted(c, sum, p));
    }

    private static float Power(LiftContext c) => c.Node.Float("p", 2) is var p && p > 0 ? p : throw c.Error("OnnxAttribute", $"'p' is positive, found {p}");

    private static string Raised(LiftContext c, float p)
    {
        if (p == 2)
        {
            return c.Add("square", new MulOp(), c.Input(0), c.Input(0));
        }

        string magnitude = c.Add("magnitude", new AbsOp(), c.Input(0));
        return p == 1 ? magnitude : c.Add("raised", new PowOp(p), magnitude);
    }

    private static string Rooted(LiftContext c, string sum, float p) => p switch
    {
        1 => sum,
        2 => c.Add("root", new SqrtOp(), sum),
        _ => c.Add("root", new PowOp(1 / p), sum),
    };

    private static int WholeWindows(LiftContext c, SpatialWindow window, int d)
    {
        int size = c.Spec(0).Shape[d + 2] + window.Before[d];
        long room = size + window.After[d] - window.Extent(d);
        long steps = room < 0 ? 0 : (room + window.Strides[d] - 1) / window.Strides[d];
        steps = steps * window.Strides[d] >= size ? steps - 1 : steps;
        return checked((int)Math.Max(window.After[d], (steps * window.Strides[d]) + window.Extent(d) - size));
    }

    private static void Pool(LiftContext c, string x, Pool2DOp op, SpatialWindow window)
    {
        if (window.Rank == 2)
        {
            SpatialLayout.Over(c, SpatialLayout.ToImage(c, x), op);
        }
        else
        {
            SpatialLayout.Finish(c, Images(c, x, op, window));
        }
    }

    /// <summary>The pooled images.</summary>
    private static string Images(LiftContext c, string x, Pool2DOp op, SpatialWindow window)
    {
        string pooled = c.Add("pooled", op, SpatialLayout.ToImage(c, x));
        if (window.Rank < 3)
        {
            return pooled;
        }

        Shape s = c.SpecOf(x).Shape;
        Shape y = c.SpecOf(pooled).Shape;
        string columns = c.Add("columns", new ReshapeOp(new Shape(s[0], s[2], y[1] * y[2], y[3])), pooled);
        var along = new SpatialWindow(
            [window.Kernel[0], 1], [window.Strides[0], 1], [window.Dilations[0], 1], [window.Before[0], 0], [window.After[0], 0], [0, 0]);
        string depths = c.Add("depths", Windowed(op, along, op.CeilMode), columns);
        return c.Add("images", new ReshapeOp(new Shape(s[0] * c.SpecOf(depths).Shape[1], y[1], y[2], y[3])), depths);
    }

    private static Pool2DOp Windowed(Pool2DOp op, SpatialWindow window, bool ceil)
    {
        SpatialWindow image = window.Image();
        return op with
        {
            KernelH = image.Kernel[0],
            KernelW = image.Kernel[1],
            StrideH = image.Strides[0],
            StrideW = image.Strides[1],
            DilationH = image.Dilations[0],
            DilationW = image.Dilations[1],
            PadTop = image.Before[0],
            PadLeft = image.Before[1],
            PadBottom = image.After[0],
            PadRight = image.After[1],
            CeilMode = ceil,
        };
    }
}
