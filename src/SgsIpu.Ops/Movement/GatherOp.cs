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
        if (Axis >= x.Shape.Rank || indices.Type is not (DataType.Int64 or DataType.Int32))
        {
            throw Mismatch($"dimension {Axis} of {x} cannot be picked by {indices}");
        }

        return [new TensorType(x.Type, new Shape([.. x.Shape.Take(Axis), .. indices.Shape, .. x.Shape.Skip(Axis + 1)]))];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node) =>
        emitter.Add("Gather", node.Inputs.Select(emitter.Native), [emitter.DefineNative(node.Outputs[0])], ("axis", (long)Axis));

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Preserving();

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        TensorSpec x = binding.Input(0);
        int length = x.Shape[Axis];
        int outer = x.Shape.Take(Axis).Aggregate(1, (a, b) => a * b);
        int run = x.Shape.Skip(Axis + 1).Aggregate(x.Type.Bits() / 8, (a, b) => a * b);
        bool wide = binding.Input(1).Type == DataType.Int64;
        string name = binding.NodeName;
        return new DelegateKernel((in a) =>
        {
            ReadOnlySpan<byte> data = a.Input(0);
            Span<byte> y = a.Output(0);
            ReadOnlySpan<long> longs = wide ? a.Input<long>(1) : [];
            ReadOnlySpan<int> ints = wide ? [] : a.Input<int>(1);
            int count = wide ? longs.Length : ints.Length;
            for (int o = 0; o < outer; o++)
            {
                for (int i = 0; i < count; i++)
                {
                    long index = wide ? longs[i] : ints[i];
                    index = index < 0 ? index + length : index;
                    if (index < 0 || index >= length)
                    {
                        throw new IpuException("GatherIndex", $"node '{name}': index {index} is outside of 0 to {length - 1}", IpuErrorKind.InvalidArgument) { Target = name };
                    }

                    data.Slice(((o * length) + (int)index) * run, run).CopyTo(y);
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
