using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Operators of TensorFlow and TFLite on elements, reductions over them, and matrix products, as far as they become several of ours.</summary>
internal static class TensorFlowElementwise
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        .. ImportRule.TensorFlowAndTfLite("AddN", "ADD_N", AddN),
        .. Reduction("All", "REDUCE_ALL", ReduceKind.Min),
        .. Reduction("Any", "REDUCE_ANY", ReduceKind.Max),
        ImportRule.TensorFlow("BatchMatMul", BatchMatMul),
        .. ImportRule.TensorFlowAndTfLite("BatchMatMulV2", "BATCH_MATMUL", BatchMatMul),
        ImportRule.TfLite("FULLY_CONNECTED", FullyConnected),
        .. ImportRule.TensorFlowAndTfLite("LogSoftmax", "LOG_SOFTMAX", static c => c.AddOutput(0, new LogSoftmaxOp(), c.Input(0))),
        ImportRule.TensorFlow("MatMul", MatMul),
        .. Reduction("Max", "REDUCE_MAX", ReduceKind.Max),
        .. Reduction("Mean", "MEAN", ReduceKind.Mean),
        .. Reduction("Min", "REDUCE_MIN", ReduceKind.Min),
        .. Reduction("Prod", "REDUCE_PROD", ReduceKind.Prod),
        .. ImportRule.TensorFlowAndTfLite("Softmax", "SOFTMAX", Softmax),
        .. ImportRule.TensorFlowAndTfLite("Square", "SQUARE", static c => c.AddOutput(0, new MulOp(), c.Input(0), c.Input(0))),
        .. ImportRule.TensorFlowAndTfLite("SquaredDifference", "SQUARED_DIFFERENCE", static c =>
        {
            string difference = c.Add("difference", new SubOp(), c.Input(0), c.Input(1));
            c.AddOutput(0, new MulOp(), difference, difference);
        }),
        .. Reduction("Sum", "SUM", ReduceKind.Sum),
    ];

    private static ImmutableArray<ImportRule> Reduction(string tensorFlow, string tfLite, ReduceKind kind) => ImportRule.TensorFlowAndTfLite(tensorFlow, tfLite, c =>
    {
        int rank = c.Spec(0).Shape.Rank;
        int[] axes = c.RequireConstant(1, "axes").ToInts();
        if (axes.FirstOrDefault(a => a < -rank || a >= rank, int.MaxValue) is var bad and not int.MaxValue)
        {
            throw c.Error("ShapeMismatch", $"{c.Spec(0)} has no dimension {bad}");
        }

        if (axes.Length == 0)
        {
            c.AddOutput(0, new IdentityOp(), c.Input(0));
            return;
        }

        var op = new ReduceOp(kind, [.. axes.Select(a => a < 0 ? a + rank : a).Distinct().Order()], c.Node.Bool("keep_dims", false));
        if (c.Spec(0).Type == DataType.Bool)
        {
            // All is the smallest of 0 and 1, any the largest.
            string reduced = c.Add("reduced", op, c.Add("numbers", new CastOp(DataType.Int32), c.Input(0)));
            c.AddOutput(0, new CastOp(DataType.Bool), reduced);
            return;
        }

        c.AddOutput(0, op, c.Input(0));
    });

    private static void AddN(LiftContext c)
    {
        string value = c.Input(0);
        for (int i = 1; i < c.InputCount - 1; i++)
        {
            value = c.Add($"part{i}", new AddOp(), value, c.Input(i));
        }

        if (c.InputCount == 1)
        {
            c.AddOutput(0, new IdentityOp(), value);
        }
        else
        {
            c.AddOutput(0, new AddOp(), value, c.Input(c.InputCount - 1));
        }
    }

    /// <summary>TFLite scales what it takes the exponentials of.</summary>
    private static void Softmax(LiftContext c)
    {
        float beta = c.Node.Float("beta", 1);
        string x = beta == 1 ? c.Input(0) : c.Add("scaled", new MulOp(), c.Input(0), c.AddConstant(Tensor.Scalar(beta), "beta"));
        c.AddOutput(0, new SoftmaxOp(), x);
    }

    /// <summary>The input is taken as rows as long as those of the weights [O, I], however many dimensions it has.</summary>
    private static void FullyConnected(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        Shape w = c.Spec(1).Shape;
        if (w.Rank != 2 || w[1] < 1 || x.Count % w[1] != 0 || c.Node.Int("weights_format", 0) != 0)
        {
            throw c.Error("ShapeMismatch", $"weights {w} (format {c.Node.Int("weights_format", 0)}) do not fit {x}", IpuErrorKind.NotSupported);
        }

        bool kept = c.Node.Bool("keep_num_dims", false);
        var flat = new Shape((int)(x.Count / w[1]), w[1]);
        Shape rows = x.Rank > 0 && x[-1] == w[1] && (kept || x.Rank == 2) ? x : flat;
        string input = rows == x ? c.Input(0) : c.Add("rows", new ReshapeOp(rows), c.Input(0));
        if (c.Constant(1) is null)
        {
            string product = c.Add("product", new BatchMatMulOp(false, true), input, c.Input(1));
            c.AddOutput(0, c.HasInput(2) ? new AddOp() : new IdentityOp(), c.HasInput(2) ? [product, c.Input(2)] : [product]);
            return;
        }

        c.AddOutput(0, new FullyConnectedOp(), c.HasInput(2) ? [input, c.Input(1), c.Input(2)] : [input, c.Input(1)]);
    }

    private static void MatMul(LiftContext c)
    {
        bool turnA = c.Node.Bool("transpose_a", false);
        bool turnB = c.Node.Bool("transpose_b", false);
        if (c.Spec(0).Shape.Rank != 2 || c.Spec(1).Shape.Rank != 2)
        {
            throw c.Error("ShapeMismatch", $"matrices have rank 2, found {c.Spec(0)} and {c.Spec(1)}");
        }

        if (c.Constant(1) is not { } b)
        {
            c.AddOutput(0, new BatchMatMulOp(turnA, turnB), c.Input(0), c.Input(1));
            return;
        }

        string a = turnA ? c.Add("turned", new TransposeOp([1, 0]), c.Input(0)) : c.Input(0);
        c.AddOutput(0, new FullyConnectedOp(), a, c.AddConstant(turnB ? b : b.Transpose(1, 0), "weights"));
    }

    private static void BatchMatMul(LiftContext c)
    {
        bool turnA = c.Node.Bool("adj_x", false);
        bool turnB = c.Node.Bool("adj_y", false);
        if (!turnA && c.Constant(1) is { Shape.Rank: 2 } b)
        {
            c.AddOutput(0, new FullyConnectedOp(), c.Input(0), c.AddConstant(turnB ? b : b.Transpose(1, 0), "weights"));
            return;
        }

        c.AddOutput(0, new BatchMatMulOp(turnA, turnB), c.Input(0), c.Input(1));
    }
}
