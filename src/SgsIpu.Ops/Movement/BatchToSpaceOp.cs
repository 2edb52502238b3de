using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>The inverse of <see cref="SpaceToBatchOp"/>: moves parts of the batch to blocks of the dimensions behind it, and crops them.</summary>
/// <param name="Block">Size of a block along dimension 1, 2, …</param>
/// <param name="Before">Elements cut off at the beginning of each of them.</param>
/// <param name="After">Elements cut off at the end of each of them.</param>
public sealed record BatchToSpaceOp(ImmutableArray<int> Block, ImmutableArray<int> Before, ImmutableArray<int> After) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        .. ImportRule.TensorFlowAndTfLite("BatchToSpaceND", "BATCH_TO_SPACE_ND", static c =>
        {
            int[] block = c.RequireConstant(1, "block shape").ToInts();
            int[] crops = Borders(c, block.Length, "crops");
            c.AddOutput(0, new BatchToSpaceOp([.. block], [.. crops.Where((_, i) => i % 2 == 0)], [.. crops.Where((_, i) => i % 2 == 1)]), c.Input(0));
        }),
    ];

    public override string Name => "BatchToSpace";

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        TensorSpec x = inputs[0]!;
        int count = Block.Length;
        long parts = Block.Aggregate(1L, (a, b) => a * Math.Max(b, 0));
        bool fits = x.Shape.Rank > count && Before.Length == count && After.Length == count && Before.Concat(After).All(p => p >= 0) && parts > 0 && x.Shape[0] % parts == 0;
        if (!fits || Block.Where((b, i) => Cropped(x.Shape, i) < 0).Any())
        {
            throw Mismatch($"{x} does not make blocks of [{string.Join(", ", Block)}] with [{string.Join(", ", Before)}] and [{string.Join(", ", After)}] cut off");
        }

        return [new TensorType(x.Type, new Shape([(int)(x.Shape[0] / parts), .. Block.Select((_, i) => checked((int)Cropped(x.Shape, i))), .. x.Shape.Skip(count + 1)]))];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        Shape x = emitter.Spec(node.Inputs[0]).Shape;
        Shape y = emitter.Spec(node.Outputs[0]).Shape;
        int count = Block.Length;
        long[] rest = [.. x.Skip(count + 1).Select(d => (long)d)];

        // [b·b·N, H, W, C] to [b, b, N, H, W, C], to [N, H, b, W, b, C].
        long[] split = [.. OnnxEmitter.Longs(Block), y[0], .. x.Skip(1).Take(count).Select(d => (long)d), .. rest];
        string parts = emitter.Add("Reshape", [emitter.Native(node.Inputs[0]), emitter.Constant(split, "split")], node.Outputs[0] + "/split", ("allowzero", 1L));
        long[] order = [count, .. Enumerable.Range(0, count).SelectMany(i => (long[])[count + 1 + i, i]), .. rest.Select((_, d) => (2L * count) + 1 + d)];
        string turned = emitter.Add("Transpose", [parts], node.Outputs[0] + "/turned", ("perm", order));
        long[] whole = [y[0], .. Block.Select((b, i) => (long)x[i + 1] * b), .. rest];
        string joined = emitter.Add("Reshape", [turned, emitter.Constant(whole, "whole")], node.Outputs[0] + "/whole", ("allowzero", 1L));
        emitter.Add(
            "Slice",
            [
                joined, emitter.Constant(OnnxEmitter.Longs(Before), "starts"), emitter.Constant([.. Before.Select((b, i) => (long)b + y[i + 1])], "ends"),
                emitter.Constant([.. Enumerable.Range(1, count).Select(d => (long)d)], "axes"),
            ],
            [emitter.DefineNative(node.Outputs[0])]);
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Preserving();

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        TensorSpec x = binding.Input(0);
        return new BatchBlocks(binding.Output.Shape, x.Shape, [.. Block], [.. Before], new byte[x.Type.Bits() / 8]).Kernel(toBatch: false);
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    /// <summary>Two numbers for each dimension of blocks.</summary>
    internal static int[] Borders(LiftContext c, int count, string meaning)
    {
        int[] borders = c.RequireConstant(2, meaning).ToInts();
        return borders.Length == 2 * count && count > 0
            ? borders
            : throw c.Error("ShapeMismatch", $"{meaning} have {borders.Length} numbers for blocks of {count} dimensions");
    }

    private long Cropped(Shape x, int i) => ((long)x[i + 1] * Block[i]) - Before[i] - After[i];
}
