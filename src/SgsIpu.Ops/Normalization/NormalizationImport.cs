using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Normalizations of ONNX that are layer normalizations over other dimensions, or divisions by a norm.</summary>
internal static class NormalizationImport
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("GroupNormalization", Groups),
        ImportRule.Onnx("LpNormalization", Norm),
        ImportRule.Onnx("MeanVarianceNormalization", MeanVariance),
        ImportRule.TfLite("L2_NORMALIZATION", static c => Euclidean(c, [c.Spec(0).Shape.Rank - 1])),
    ];

    /// <summary>Each group of channels is a row; scale and bias belong to groups before operator set 21, and to channels since.</summary>
    private static void Groups(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int groups = checked((int)c.Node.Int("num_groups", 0));
        float[] scale = c.RequireConstant(1, "scale").ToFloats();
        float[] bias = c.RequireConstant(2, "bias").ToFloats();
        if (x.Rank < 2 || groups < 1 || x[1] % groups != 0 || scale.Length != bias.Length || (scale.Length != groups && scale.Length != x[1]))
        {
            throw c.Error("ShapeMismatch", $"{groups} groups, {scale.Length} scales and {bias.Length} biases do not fit {c.Spec(0)}");
        }

        int each = x[1] / scale.Length;
        string rows = c.Add("groups", new ReshapeOp(new Shape(x[0], groups, checked((int)(x.Count / ((long)x[0] * groups))))), c.Input(0));
        string unit = c.Add("normalized", new LayerNormalizationOp(-1, c.Node.Float("epsilon", 1e-5f)), rows, c.AddConstant(Tensor.FromArray<float>([1f], 1), "one"));
        string back = c.Add("channels", new ReshapeOp(x), unit);
        c.AddOutput(0, new AddOp(), c.Add("scaled", new MulOp(), back, Channels(scale, "scale")), Channels(bias, "bias"));

        string Channels(float[] values, string hint) =>
            c.AddConstant(Tensor.FromArray<float>([.. values.SelectMany(v => Enumerable.Repeat(v, each))], [x[1], .. Enumerable.Repeat(1, x.Rank - 2)]), hint);
    }

    /// <summary>Division by the norm along one dimension; an image's channels are innermost in the IR already.</summary>
    private static void Norm(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int axis = x.Axis(checked((int)c.Node.Int("axis", -1)));
        long p = c.Node.Int("p", 2);
        if (p is not (1 or 2))
        {
            throw c.Error("OnnxAttribute", $"'p' is 1 or 2, found {p}");
        }

        if (p == 1)
        {
            string sum = c.Add("norm", new ReduceOp(ReduceKind.Sum, [axis]), c.Add("magnitude", new AbsOp(), c.Input(0)));
            c.AddOutput(0, new DivOp(), c.Input(0), sum);
            return;
        }

        Euclidean(c, [axis]);
    }

    /// <summary>Division by the Euclidean norm; the ε is as small as keeps a row of zeros zero.</summary>
    private static void Euclidean(LiftContext c, int[] axes)
    {
        double count = axes.Aggregate(1.0, (n, a) => n * c.Spec(0).Shape[a]);
        string scale = c.AddConstant(Tensor.FromArray<float>([(float)(1 / Math.Sqrt(count))], 1), "scale");
        Along(c, axes, value => c.Add("unit", new RmsNormalizationOp(-1, 1e-24f), value, scale));
    }

    private static void MeanVariance(LiftContext c)
    {
        int[] axes = [.. (c.Node.Ints("axes") ?? [0, 2, 3]).Select(a => c.Spec(0).Shape.Axis(checked((int)a))).Distinct().Order()];
        string one = c.AddConstant(Tensor.FromArray<float>([1f], 1), "one");
        Along(c, axes, value => c.Add("normalized", new LayerNormalizationOp(-axes.Length, 1e-9f), value, one));
    }

    /// <summary>Runs what works over the innermost dimensions over these.</summary>
    private static void Along(LiftContext c, int[] axes, Func<string, string> normalize)
    {
        int rank = c.Spec(0).Shape.Rank;
        int[] order = [.. Enumerable.Range(0, rank).Where(d => !axes.Contains(d)), .. axes];
        if (order.SequenceEqual(Enumerable.Range(0, rank)))
        {
            c.Bind(0, normalize(c.Input(0)));
            return;
        }

        string turned = c.Add("turned", new TransposeOp([.. order]), c.Input(0));
        c.AddOutput(0, new TransposeOp([.. Enumerable.Range(0, rank).Select(d => Array.IndexOf(order, d))]), normalize(turned));
    }
}
