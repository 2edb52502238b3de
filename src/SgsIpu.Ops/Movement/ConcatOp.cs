using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

/// <summary>Joins its inputs along one dimension.</summary>
public sealed record ConcatOp(int Axis) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Concat", static c =>
            c.AddOutput(0, new ConcatOp(c.Spec(0).Shape.Axis((int)c.Node.Int("axis", 1))), [.. Enumerable.Range(0, c.InputCount).Select(c.Input)])),
    ];

    public override string Name => "Concat";

    public override ImmutableArray<Constraint> Constraints =>
    [
        new(
            "at most 1024 tensors are joined, 256 on the older generation",
            static (inputs, _, generation) => inputs.Count > (generation == SocGeneration.Older ? 256 : 1024) ? $"{inputs.Count} tensors" : null,
            ConstraintRemedy.Split),
    ];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        TensorSpec first = inputs[0]!;
        foreach (TensorSpec? x in inputs)
        {
            bool fits = x!.Shape.Rank == first.Shape.Rank && Axis < first.Shape.Rank && x.Shape.With(Axis, 1) == first.Shape.With(Axis, 1);
            if (!fits)
            {
                throw Mismatch($"{x} does not join {first} along dimension {Axis}");
            }
        }

        return [new TensorType(first.Type, first.Shape.With(Axis, inputs.Sum(i => i!.Shape[Axis])))];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        bool first = emitter.Spec(node.Outputs[0]).Shape.Rank == 4 && node.Inputs.Any(emitter.LivesChannelsFirst);
        emitter.Add(
            "Concat",
            node.Inputs.Select(i => first ? emitter.ChannelsFirst(i) : emitter.Native(i)),
            [first ? emitter.DefineChannelsFirst(node.Outputs[0]) : emitter.DefineNative(node.Outputs[0])],
            ("axis", first ? OnnxEmitter.FirstAxis(Axis) : (long)Axis));
    }

    public override int? ChannelOf(int input, IReadOnlyList<TensorSpec?> inputs, TensorSpec output) => Axis == output.Shape.Rank - 1 ? inputs.Take(input).Sum(i => i!.Shape[Axis]) : null;

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Preserving(inputs.Count);

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        TensorSpec output = binding.Output;
        int width = output.Type.Bits() / 8 * output.Shape.Skip(Axis + 1).Aggregate(1, (a, b) => a * b);
        int[] runs = [.. binding.Inputs.Select(i => i!.Shape[Axis] * width)];
        int rowBytes = runs.Sum();
        int rows = output.Shape.Take(Axis).Aggregate(1, (a, b) => a * b);
        return new DelegateKernel((in a) =>
        {
            int at = 0;
            for (int i = 0; i < runs.Length; i++)
            {
                RunCopy.Copy(a.Input(i), 0, runs[i], a.Output(0)[at..], rowBytes, rows, runs[i], a.Threads);
                at += runs[i];
            }
        });
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    public override long? InputRows(int rows, IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => Axis == 1 ? null : rows;

    /// <summary>Where nothing is interleaved, each input is a part of the output.</summary>
    public override IEnumerable<MemoryView> Views(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs)
    {
        if (outputs[0].Shape.Take(Axis).Any(d => d != 1))
        {
            yield break;
        }

        long at = 0;
        for (int i = 0; i < inputs.Count; i++)
        {
            yield return new MemoryView(i, 0, at);
            at += inputs[i]!.ByteCount;
        }
    }

    public override IpuOperator Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs) => new ConcatOp(permutation[Axis]);
}
