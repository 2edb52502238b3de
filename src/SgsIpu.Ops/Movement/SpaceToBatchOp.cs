using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// Pads the dimensions behind the batch with zeros, divides them into blocks, and moves the positions inside of a block to the batch, in front of
/// the one that is there: output batch (b·N + n) has the elements of input n that lie at offset b of their blocks.
/// </summary>
/// <param name="Block">Size of a block along dimension 1, 2, …</param>
/// <param name="Before">Zeros before each of them.</param>
/// <param name="After">Zeros after each of them.</param>
public sealed record SpaceToBatchOp(ImmutableArray<int> Block, ImmutableArray<int> Before, ImmutableArray<int> After) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        .. ImportRule.TensorFlowAndTfLite("SpaceToBatchND", "SPACE_TO_BATCH_ND", static c =>
        {
            int[] block = c.RequireConstant(1, "block shape").ToInts();
            int[] pads = BatchToSpaceOp.Borders(c, block.Length, "paddings");
            c.AddOutput(0, new SpaceToBatchOp([.. block], [.. pads.Where((_, i) => i % 2 == 0)], [.. pads.Where((_, i) => i % 2 == 1)]), c.Input(0));
        }),
    ];

    public override string Name => "SpaceToBatch";

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        TensorSpec x = inputs[0]!;
        int count = Block.Length;
        bool fits = x.Shape.Rank > count && Before.Length == count && After.Length == count && Block.All(b => b > 0) && Before.Concat(After).All(p => p >= 0);
        if (!fits || Block.Where((b, i) => Padded(x.Shape, i) % b != 0).Any())
        {
            throw Mismatch($"blocks of [{string.Join(", ", Block)}] with padding [{string.Join(", ", Before)}] and [{string.Join(", ", After)}] do not divide {x}");
        }

        int batch = Block.Aggregate(x.Shape[0], (a, b) => checked(a * b));
        return [new TensorType(x.Type, new Shape([batch, .. Block.Select((b, i) => checked((int)(Padded(x.Shape, i) / b))), .. x.Shape.Skip(count + 1)]))];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        Shape x = emitter.Spec(node.Inputs[0]).Shape;
        Shape y = emitter.Spec(node.Outputs[0]).Shape;
        int count = Block.Length;
        int rest = x.Rank - count - 1;
        string value = emitter.Native(node.Inputs[0]);
        if (Before.Concat(After).Any(p => p > 0))
        {
            long[] pads = [0L, .. OnnxEmitter.Longs(Before), .. new long[rest], 0L, .. OnnxEmitter.Longs(After), .. new long[rest]];
            value = emitter.Add("Pad", [value, emitter.Constant(pads, "pads")], node.Outputs[0] + "/padded");
        }

        // [N, H, W, C] to [N, H/b, b, W/b, b, C], to [b, b, N, H/b, W/b, C].
        long[] split = [x[0], .. Block.SelectMany((b, i) => (long[])[y[i + 1], b]), .. x.Skip(count + 1).Select(d => (long)d)];
        string parts = emitter.Add("Reshape", [value, emitter.Constant(split, "split")], node.Outputs[0] + "/split", ("allowzero", 1L));
        long[] order =
        [
            .. Enumerable.Range(0, count).Select(i => (2L * i) + 2), 0L, .. Enumerable.Range(0, count).Select(i => (2L * i) + 1),
            .. Enumerable.Range((2 * count) + 1, rest).Select(d => (long)d),
        ];
        string turned = emitter.Add("Transpose", [parts], node.Outputs[0] + "/turned", ("perm", order));
        emitter.Add("Reshape", [turned, emitter.Constant(OnnxEmitter.Longs(y), "shape")], [emitter.DefineNative(node.Outputs[0])], ("allowzero", 1L));
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Preserving();

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        TensorSpec x = binding.Input(0);
        byte[] zero = x.Type is DataType.UInt8 ? [(byte)(x.Quant?.ZeroPoint ?? 0)] : new byte[x.Type.Bits() / 8];
        return new BatchBlocks(x.Shape, binding.Output.Shape, [.. Block], [.. Before], zero).Kernel(toBatch: true);
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    private long Padded(Shape x, int i) => (long)x[i + 1] + Before[i] + After[i];
}
