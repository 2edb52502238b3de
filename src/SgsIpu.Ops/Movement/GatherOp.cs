using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Picks slices along one dimension by index; the result has the indices' dimensions in its place. Negative indices count from the end.</summary>
public sealed record GatherOp(int Axis) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Gather", static c => c.AddOutput(0, new GatherOp(c.Spec(0).Shape.Axis((int)c.Node.Int("axis", 0))), c.Input(0), c.Input(1))),
    ];

    public override string Name => "Gather";

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        TensorSpec x = inputs[0]!;
        TensorSpec indices = inputs[1]!;
        if (Axis >= x.Shape.Rank || !Indices.IsIndex(indices.Type))
        {
            throw Mismatch($"dimension {Axis} of {x} cannot be picked by {indices}");
        }

        return [new TensorType(x.Type, new Shape([.. x.Shape.Take(Axis), .. indices.Shape, .. x.Shape.Skip(Axis + 1)]))];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node) =>
        emitter.Add("Gather", [emitter.Native(node.Inputs[0]), Indices.Emit(emitter, node.Inputs[1])], [emitter.DefineNative(node.Outputs[0])], ("axis", (long)Axis));

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Preserving();

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        TensorSpec x = binding.Input(0);
        int length = x.Shape[Axis];
        int outer = x.Shape.Take(Axis).Aggregate(1, (a, b) => a * b);
        int run = x.Shape.Skip(Axis + 1).Aggregate(x.Type.Bits() / 8, (a, b) => a * b);
        DataType type = binding.Input(1).Type;
        int count = checked((int)binding.Input(1).Shape.Count);
        string name = binding.NodeName;
        return new DelegateKernel((in a) =>
        {
            ReadOnlySpan<byte> data = a.Input(0);
            ReadOnlySpan<byte> indices = a.Input(1);
            Span<byte> y = a.Output(0);
            for (int o = 0; o < outer; o++)
            {
                for (int i = 0; i < count; i++)
                {
                    data.Slice(((o * length) + Indices.Read(indices, type, i, length, name)) * run, run).CopyTo(y);
                    y = y[run..];
                }
            }
        });
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    /// <summary>With a single index of rank 1 the dimensions stay in their places, and any order will do.</summary>
    public override IpuOperator? Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs) =>
        inputs[1]!.Shape.Rank == 1 ? new GatherOp(permutation[Axis]) : null;
}
