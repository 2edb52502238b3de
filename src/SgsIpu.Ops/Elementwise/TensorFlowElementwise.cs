using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>TensorFlow's operators on elements, reductions over them, and matrix products.</summary>
internal static class TensorFlowElementwise
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        Unary("Abs", static _ => new AbsOp()),
        Binary("Add", new AddOp()),
        Binary("AddV2", new AddOp()),
        ImportRule.TensorFlow("AddN", AddN),
        ImportRule.TensorFlow("BatchMatMul", BatchMatMul),
        ImportRule.TensorFlow("BatchMatMulV2", BatchMatMul),
        Unary("Ceil", static _ => new CeilOp()),
        Unary("Cos", static _ => new CosOp()),
        Binary("Div", new DivOp()),
        Unary("Elu", static _ => new EluOp()),
        Unary("Erf", static _ => new ErfOp()),
        Unary("Exp", static _ => new ExpOp()),
        Unary("Floor", static _ => new FloorOp()),
        Unary("LeakyRelu", static c => new LeakyReluOp(c.Node.Float("alpha", 0.2f))),
        Unary("Log", static _ => new LogOp()),
        ImportRule.TensorFlow("LogSoftmax", static c => c.AddOutput(0, new LogOp(), c.Add("softmax", new SoftmaxOp(), c.Input(0)))),
        ImportRule.TensorFlow("MatMul", MatMul),
        Reduction("Max", ReduceKind.Max),
        Binary("Maximum", new MaximumOp()),
        Reduction("Mean", ReduceKind.Mean),
        Reduction("Min", ReduceKind.Min),
        Binary("Minimum", new MinimumOp()),
        Binary("Mul", new MulOp()),
        Unary("Neg", static _ => new NegOp()),
        ImportRule.TensorFlow("Pow", PowOp.Lift),
        Binary("RealDiv", new DivOp()),
        Unary("Reciprocal", static _ => new ReciprocalOp()),
        Unary("Relu", static _ => new ClipOp(0)),
        Unary("Relu6", static _ => new ClipOp(0, 6)),
        Unary("Round", static _ => new RoundOp()),
        Unary("Rsqrt", static _ => new RsqrtOp()),
        Unary("Selu", static _ => new EluOp(1.67326324f, 1.05070098f)),
        Unary("Sigmoid", static _ => new SigmoidOp()),
        Unary("Sin", static _ => new SinOp()),
        Unary("Softmax", static _ => new SoftmaxOp()),
        Unary("Softplus", static _ => new SoftplusOp()),
        Unary("Sqrt", static _ => new SqrtOp()),
        ImportRule.TensorFlow("Square", static c => c.AddOutput(0, new MulOp(), c.Input(0), c.Input(0))),
        ImportRule.TensorFlow("SquaredDifference", static c =>
        {
            string difference = c.Add("difference", new SubOp(), c.Input(0), c.Input(1));
            c.AddOutput(0, new MulOp(), difference, difference);
        }),
        Binary("Sub", new SubOp()),
        Reduction("Sum", ReduceKind.Sum),
        Unary("Tanh", static _ => new TanhOp()),
    ];

    private static ImportRule Unary(string name, Func<LiftContext, IpuOperator> op) => ImportRule.TensorFlow(name, c => c.AddOutput(0, op(c), c.Input(0)));

    private static ImportRule Binary(string name, IpuOperator op) => ImportRule.TensorFlow(name, c => c.AddOutput(0, op, c.Input(0), c.Input(1)));

    private static ImportRule Reduction(string name, ReduceKind kind) => ImportRule.TensorFlow(name, c =>
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

        c.AddOutput(0, new ReduceOp(kind, [.. axes.Select(a => a < 0 ? a + rank : a).Distinct().Order()], c.Node.Bool("keep_dims", false)), c.Input(0));
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
