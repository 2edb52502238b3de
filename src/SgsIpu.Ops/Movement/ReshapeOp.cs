using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>The same elements in the same order under another shape.</summary>
public sealed record ReshapeOp(Shape Shape) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Reshape", static c => c.AddOutput(0, new ReshapeOp(Resolve(c)), c.Input(0))),
        ImportRule.Onnx("Flatten", static c =>
        {
            Shape x = c.Spec(0).Shape;
            int axis = (int)c.Node.Int("axis", 1);
            axis = axis < 0 ? axis + x.Rank : axis;
            c.AddOutput(0, new ReshapeOp(new Shape(Product(x, 0, axis), Product(x, axis, x.Rank))), c.Input(0));
        }),
        ImportRule.Onnx("Squeeze", static c =>
        {
            Shape x = c.Spec(0).Shape;
            HashSet<int> axes = c.IntsFrom("axes", 1) is { } given
                ? [.. given.Select(a => x.Axis((int)a))]
                : [.. Enumerable.Range(0, x.Rank).Where(d => x[d] == 1)];
            c.AddOutput(0, new ReshapeOp(new Shape([.. Enumerable.Range(0, x.Rank).Where(d => !axes.Contains(d)).Select(d => x[d])])), c.Input(0));
        }),
        ImportRule.Onnx("Unsqueeze", static c =>
        {
            Shape x = c.Spec(0).Shape;
            long[] given = c.IntsFrom("axes", 1) ?? throw c.Error("MissingAttribute", "axes are missing");
            int rank = x.Rank + given.Length;
            HashSet<int> axes = [.. given.Select(a => (int)(a < 0 ? a + rank : a))];
            var left = new Queue<int>(x);
            c.AddOutput(0, new ReshapeOp(new Shape([.. Enumerable.Range(0, rank).Select(d => axes.Contains(d) ? 1 : left.Dequeue())])), c.Input(0));
        }),
    ];

    public override string Name => "Reshape";

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs) =>
        inputs[0]!.Shape.Count == Shape.Count
            ? [new TensorType(inputs[0]!.Type, Shape)]
            : throw Mismatch($"{inputs[0]} cannot become {Shape}: {inputs[0]!.Shape.Count} elements against {Shape.Count}");

    public override void EmitOnnx(OnnxEmitter emitter, Node node) => emitter.Add(
        "Reshape",
        [emitter.Native(node.Inputs[0]), emitter.Constant([.. Shape.Select(d => (long)d)], "shape")],
        [emitter.DefineNative(node.Outputs[0])],
        ("allowzero", 1L));

    public override int? ChannelOf(int input, IReadOnlyList<TensorSpec?> inputs, TensorSpec output) => inputs[0]!.Shape.Rank > 0 && output.Shape.Rank > 0 && inputs[0]!.Shape[-1] == output.Shape[-1] ? 0 : null;

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Preserving();

    public override FixedKernel PrepareFixed(FixedBinding binding) => CopyKernel.Whole;

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    public override IEnumerable<MemoryView> Views(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => [new MemoryView(0, 0, 0)];

    private static Shape Resolve(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        long[] wanted = c.IntsFrom("shape", 1) ?? throw c.Error("MissingAttribute", "the shape is missing");
        bool zeroIsZero = c.Node.Int("allowzero", 0) != 0;
        long[] sizes = [.. wanted.Select((d, i) => d == 0 && !zeroIsZero ? i < x.Rank ? x[i] : throw c.Error("ShapeMismatch", $"the shape copies dimension {i} of {x}") : d)];
        int open = Array.IndexOf(sizes, -1);
        if (open >= 0)
        {
            long rest = sizes.Where(d => d != -1).Aggregate(1L, (a, b) => a * b);
            sizes[open] = rest > 0 ? x.Count / rest : 0;
        }

        return new Shape([.. sizes.Select(d => checked((int)d))]);
    }

    private static int Product(Shape shape, int from, int to) => shape.Skip(from).Take(to - from).Aggregate(1, (a, b) => checked(a * b));
}
