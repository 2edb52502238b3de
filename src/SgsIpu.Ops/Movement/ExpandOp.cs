using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Repeats dimensions of size 1 by NumPy broadcasting, up to <c>Shape</c>.</summary>
public sealed record ExpandOp(Shape Shape) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Expand", static c =>
        {
            var wanted = new Shape(c.RequireConstant(1, "shape").ToInts());
            Shape shape = Shape.Broadcast(c.Spec(0).Shape, wanted) ?? throw c.Error("ShapeMismatch", $"{c.Spec(0)} does not expand to {wanted}");
            c.AddOutput(0, new ExpandOp(shape), c.Input(0));
        }),
    ];

    public override string Name => "Expand";

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs) =>
        Shape.Broadcast(inputs[0]!.Shape, Shape) == Shape ? [new TensorType(inputs[0]!.Type, Shape)] : throw Mismatch($"{inputs[0]} does not expand to {Shape}");

    public override void EmitOnnx(OnnxEmitter emitter, Node node) => emitter.Add(
        "Expand",
        [emitter.Native(node.Inputs[0]), emitter.Constant([.. Shape.Select(d => (long)d)], "shape")],
        [emitter.DefineNative(node.Outputs[0])]);

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Preserving();

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        Shape x = binding.Input(0).Shape;
        int[] strides = x.Strides();
        int skipped = Shape.Rank - x.Rank;
        int[] steps = [.. Enumerable.Range(0, Shape.Rank).Select(d => d < skipped || x[d - skipped] == 1 ? 0 : strides[d - skipped])];
        return new StridedCopyKernel(Shape.Dimensions, steps, 0, binding.Output.Type.Bits() / 8);
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    public override IpuOperator? Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs) =>
        inputs[0]!.Shape.Rank == Shape.Rank ? new ExpandOp(new Shape([.. Enumerable.Range(0, Shape.Rank).Select(d => Shape[permutation.IndexOf(d)])])) : null;
}
