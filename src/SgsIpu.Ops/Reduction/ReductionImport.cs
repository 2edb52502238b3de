using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Reductions of frameworks that are combinations of sums, maxima and functions.</summary>
internal static class ReductionImport
{
    public static ImmutableArray<ImportRule> Rules { get; } =
    [
        ImportRule.Onnx("Mean", Mean),
        ImportRule.Onnx("ReduceL1", static c => c.AddOutput(0, Over(c, ReduceKind.Sum), c.Add("abs", new AbsOp(), c.Input(0)))),
        ImportRule.Onnx("ReduceL2", static c => c.AddOutput(0, new SqrtOp(), c.Add("sum", Over(c, ReduceKind.Sum), Square(c)))),
        ImportRule.Onnx("ReduceLogSum", static c => c.AddOutput(0, new LogOp(), c.Add("sum", Over(c, ReduceKind.Sum), c.Input(0)))),
        ImportRule.Onnx("ReduceLogSumExp", LogSumExp),
        ImportRule.Onnx("ReduceSumSquare", static c => c.AddOutput(0, Over(c, ReduceKind.Sum), Square(c))),
    ];

    private static string Square(LiftContext c) => c.Add("square", new MulOp(), c.Input(0), c.Input(0));

    private static ReduceOp Over(LiftContext c, ReduceKind kind)
    {
        int rank = c.Spec(0).Shape.Rank;
        long[] axes = c.IntsFrom("axes", 1) ?? [];
        if (axes.Length == 0 && c.Node.Int("noop_with_empty_axes", 0) != 0)
        {
            throw c.Error("ReduceAxes", "a reduction over no dimension is not supported", IpuErrorKind.NotSupported);
        }

        ImmutableArray<int> reduced = axes.Length == 0 ? [.. Enumerable.Range(0, rank)] : [.. axes.Select(a => (int)(a < 0 ? a + rank : a)).Order()];
        return new ReduceOp(kind, reduced, c.Node.Int("keepdims", 1) != 0);
    }

    /// <summary>max + log Σ exp(x − max): no exponential overflows, and the logarithm's argument is at least 1.</summary>
    private static void LogSumExp(LiftContext c)
    {
        ReduceOp sum = Over(c, ReduceKind.Sum);
        string max = c.Add("max", sum with { Kind = ReduceKind.Max, KeepDims = true }, c.Input(0));
        string shifted = c.Add("shifted", new SubOp(), c.Input(0), max);
        string log = c.Add("log", new LogOp(), c.Add("sum", sum, c.Add("exp", new ExpOp(), shifted)));
        string back = sum.KeepDims ? max : c.Add("kept", sum with { Kind = ReduceKind.Max }, c.Input(0));
        c.AddOutput(0, new AddOp(), log, back);
    }

    private static void Mean(LiftContext c)
    {
        string sum = c.Input(0);
        for (int i = 1; i < c.InputCount; i++)
        {
            sum = c.Add($"part{i}", new AddOp(), sum, c.Input(i));
        }

        c.AddOutput(0, new MulOp(), sum, c.AddConstant(Tensor.Scalar(1f / c.InputCount), "share"));
    }
}
