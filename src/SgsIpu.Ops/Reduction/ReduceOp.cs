using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Mean, sum, maximum, minimum or product over some dimensions.</summary>
/// <param name="Axes">The dimensions; negative ones count from the end.</param>
/// <param name="KeepDims">True where the reduced dimensions stay, with size 1.</param>
public sealed partial record ReduceOp(ReduceKind Kind, ImmutableArray<int> Axes, bool KeepDims = true) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("GlobalAveragePool", static c => LiftGlobal(c, ReduceKind.Mean)),
        ImportRule.Onnx("GlobalMaxPool", static c => LiftGlobal(c, ReduceKind.Max)),
        ImportRule.Onnx("ReduceMax", static c => Lift(c, ReduceKind.Max)),
        ImportRule.Onnx("ReduceMean", static c => Lift(c, ReduceKind.Mean)),
        ImportRule.Onnx("ReduceMin", static c => Lift(c, ReduceKind.Min)),
        ImportRule.Onnx("ReduceProd", static c => Lift(c, ReduceKind.Prod)),
        ImportRule.Onnx("ReduceSum", static c => Lift(c, ReduceKind.Sum)),
    ];

    public override string Name => "Reduce";

    public override ImmutableArray<Constraint> Constraints => [];

    /// <summary>Where a dimension of an NHWC tensor stands in NCHW.</summary>
    public static int ChannelsFirstAxis(int axis) => axis switch { 0 => 0, 1 => 2, 2 => 3, _ => 1 };

    public bool Equals(ReduceOp? other) => other is not null && Kind == other.Kind && KeepDims == other.KeepDims && Axes.AsSpan().SequenceEqual(other.Axes.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Kind, KeepDims, Axes.Length);

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        TensorSpec x = inputs[0]!;
        int bad = Axes.FirstOrDefault(a => a < -x.Shape.Rank || a >= x.Shape.Rank, int.MaxValue);
        if (bad != int.MaxValue)
        {
            throw Mismatch($"axis {bad} is outside the {x.Shape.Rank} dimensions of {x}");
        }

        HashSet<int> reduced = [.. Axes.Select(x.Shape.Axis)];
        int[] sizes = KeepDims
            ? [.. x.Shape.Select((s, d) => reduced.Contains(d) ? 1 : s)]
            : [.. x.Shape.Where((_, d) => !reduced.Contains(d))];
        return [new TensorType(x.Type, new Shape(sizes))];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        Shape shape = emitter.Spec(node.Inputs[0]).Shape;
        int[] axes = [.. Axes.Select(shape.Axis).Order()];

        // Without the reduced dimensions the result is the same in both forms only where the channels go, or the whole image does.
        bool first = emitter.LivesChannelsFirst(node.Inputs[0]) && (KeepDims || axes.Contains(3) || (axes.Contains(1) && axes.Contains(2)));
        string x = first ? emitter.ChannelsFirst(node.Inputs[0]) : emitter.Native(node.Inputs[0]);
        string y = first && KeepDims ? emitter.DefineChannelsFirst(node.Outputs[0]) : emitter.DefineNative(node.Outputs[0]);
        string axesInput = emitter.Constant(OnnxEmitter.Longs(first ? axes.Select(ChannelsFirstAxis).Order() : axes), "axes");
        emitter.Add("Reduce" + Kind, [x, axesInput], [y], ("keepdims", KeepDims ? 1L : 0L));
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) =>
        inputs is [{ } x, ..] && !x.Type.IsFloat() ? QuantRule.Index() : Kind is ReduceKind.Max or ReduceKind.Min ? QuantRule.Preserving() : QuantRule.General();

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    public override IpuOperator? Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return KeepDims ? this with { Axes = [.. Axes.Select(a => permutation[inputs[0]!.Shape.Axis(a)]).Order()] } : null;
    }

    private static void Lift(LiftContext c, ReduceKind kind)
    {
        int rank = c.Spec(0).Shape.Rank;
        long[] axes = c.IntsFrom("axes", 1) ?? [];
        if (axes.Length == 0 && c.Node.Int("noop_with_empty_axes", 0) != 0)
        {
            c.Bind(0, c.Input(0));
            return;
        }

        ImmutableArray<int> reduced = axes.Length == 0 ? [.. Enumerable.Range(0, rank)] : [.. axes.Select(a => (int)(a < 0 ? a + rank : a)).Order()];
        c.AddOutput(0, new ReduceOp(kind, reduced, c.Node.Int("keepdims", 1) != 0), c.Input(0));
    }

    private static void LiftGlobal(LiftContext c, ReduceKind kind)
    {
        int rank = c.Spec(0).Shape.Rank;
        if (rank == 4)
        {
            c.AddImageOutput(new ReduceOp(kind, [1, 2]), c.Input(0));
        }
        else
        {
            c.AddOutput(0, new ReduceOp(kind, [.. Enumerable.Range(2, rank - 2)]), c.Input(0));
        }
    }
}
