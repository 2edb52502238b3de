using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Reorders dimensions: dimension i of the output is dimension <c>Permutation[i]</c> of the input.</summary>
public sealed record TransposeOp(ImmutableArray<int> Permutation) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Transpose", static c =>
            c.AddOutput(0, new TransposeOp(c.Node.Ints("perm") is { } p ? [.. p.Select(v => (int)v)] : [.. Enumerable.Range(0, c.Spec(0).Shape.Rank).Reverse()]), c.Input(0))),
    ];

    public override string Name => "Transpose";

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        TensorSpec x = inputs[0]!;
        if (!Permutation.Order().SequenceEqual(Enumerable.Range(0, x.Shape.Rank)))
        {
            throw Mismatch($"[{string.Join(", ", Permutation)}] is no permutation of the dimensions of {x}");
        }

        return [new TensorType(x.Type, x.Shape.Permute(Permutation.AsSpan()))];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        // NHWC to NCHW of a tensor that lives channels-first is no work at all.
        if (emitter.LivesChannelsFirst(node.Inputs[0]) && Permutation.AsSpan().SequenceEqual([0, 3, 1, 2]))
        {
            emitter.Add("Identity", [emitter.ChannelsFirst(node.Inputs[0])], [emitter.DefineNative(node.Outputs[0])]);
            return;
        }

        emitter.Add("Transpose", [emitter.Native(node.Inputs[0])], [emitter.DefineNative(node.Outputs[0])], ("perm", OnnxEmitter.Longs(Permutation)));
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Preserving();

    public override FixedKernel PrepareFixed(FixedBinding binding) =>
        new StridedCopyKernel(binding.Output.Shape.Dimensions, [.. Permutation.Select(d => binding.Input(0).Shape.Strides()[d])], 0, binding.Output.Type.Bits() / 8);

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);
}
