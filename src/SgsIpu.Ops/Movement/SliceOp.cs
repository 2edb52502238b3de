using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Takes <c>Sizes[d]</c> elements of each dimension d, from <c>Starts[d]</c> on, <c>Steps[d]</c> apart (negative: backwards).</summary>
public sealed record SliceOp(ImmutableArray<int> Starts, ImmutableArray<int> Sizes, ImmutableArray<int> Steps) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Slice", static c =>
        {
            Shape x = c.Spec(0).Shape;
            long[] starts = c.IntsFrom("starts", 1) ?? throw c.Error("MissingAttribute", "starts are missing");
            long[] ends = c.IntsFrom("ends", 2) ?? throw c.Error("MissingAttribute", "ends are missing");
            long[] axes = c.IntsFrom("axes", 3) ?? [.. Enumerable.Range(0, starts.Length).Select(i => (long)i)];
            long[] steps = c.HasInput(4) ? c.RequireConstant(4, "steps").ToLongs() : [.. starts.Select(_ => 1L)];
            int[] from = new int[x.Rank];
            int[] sizes = x.ToArray();
            int[] by = [.. Enumerable.Repeat(1, x.Rank)];
            for (int i = 0; i < axes.Length; i++)
            {
                int axis = x.Axis((int)axes[i]);
                (from[axis], sizes[axis], by[axis]) = Range(x[axis], starts[i], ends[i], steps[i]);
            }

            c.AddOutput(0, new SliceOp([.. from], [.. sizes], [.. by]), c.Input(0));
        }),
    ];

    public override string Name => "Slice";

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        TensorSpec x = inputs[0]!;
        for (int d = 0; d < x.Shape.Rank; d++)
        {
            long last = Starts[d] + ((Sizes[d] - 1L) * Steps[d]);
            if (Starts.Length != x.Shape.Rank || Steps[d] == 0 || Sizes[d] < 0 || (Sizes[d] > 0 && (Starts[d] < 0 || Starts[d] >= x.Shape[d] || last < 0 || last >= x.Shape[d])))
            {
                throw Mismatch($"{Sizes[d]} elements from {Starts[d]} on, {Steps[d]} apart, are outside dimension {d} of {x}");
            }
        }

        return [new TensorType(x.Type, new Shape(Sizes.AsSpan()))];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        bool first = Starts.Length == 4 && emitter.LivesChannelsFirst(node.Inputs[0]);
        long[] axes = [.. Enumerable.Range(0, Starts.Length).Select(d => first ? OnnxEmitter.FirstAxis(d) : d)];

        // An end before element 0 cannot be said as −1, which means the last element.
        long[] ends = [.. Starts.Select((s, d) => s + ((long)Sizes[d] * Steps[d])).Select(e => e < 0 ? long.MinValue : e)];
        emitter.Add(
            "Slice",
            [
                first ? emitter.ChannelsFirst(node.Inputs[0]) : emitter.Native(node.Inputs[0]),
                emitter.Constant(OnnxEmitter.Longs(Starts), "starts"), emitter.Constant(ends, "ends"),
                emitter.Constant(axes, "axes"), emitter.Constant(OnnxEmitter.Longs(Steps), "steps"),
            ],
            [first ? emitter.DefineChannelsFirst(node.Outputs[0]) : emitter.DefineNative(node.Outputs[0])]);
    }

    public override int? ChannelOf(int input, IReadOnlyList<TensorSpec?> inputs, TensorSpec output) => Steps[^1] == 1 ? -Starts[^1] : null;

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Preserving();

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        int[] strides = binding.Input(0).Shape.Strides();
        int width = binding.Output.Type.Bits() / 8;
        int origin = Starts.Select((s, d) => s * strides[d]).Sum();
        int[] steps = [.. Steps.Select((s, d) => s * strides[d])];
        return new StridedCopyKernel(Sizes, steps, origin, width);
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    /// <summary>Where the elements lie one after the other in the input, the output is a part of it.</summary>
    public override IEnumerable<MemoryView> Views(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs)
    {
        Shape x = inputs[0]!.Shape;
        int[] strides = x.Strides();
        int cut = Enumerable.Range(0, x.Rank).FirstOrDefault(d => Sizes[d] != 1, x.Rank);
        bool dense = outputs[0].ByteCount > 0
            && Enumerable.Range(cut, x.Rank - cut).All(d => Steps[d] == 1 && (d == cut || Sizes[d] == x[d]));
        if (dense)
        {
            yield return new MemoryView(0, 0, -Starts.Select((s, d) => (long)s * strides[d]).Sum() * outputs[0].Type.Bits() / 8);
        }
    }

    public override IpuOperator Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs)
    {
        ImmutableArray<int> order = [.. Enumerable.Range(0, permutation.Length).Select(d => permutation.IndexOf(d))];
        return new SliceOp([.. order.Select(d => Starts[d])], [.. order.Select(d => Sizes[d])], [.. order.Select(d => Steps[d])]);
    }

    private static (int Start, int Size, int Step) Range(int length, long start, long end, long step)
    {
        if (step == 0)
        {
            throw new IpuException("SliceStep", "a slice has step 0");
        }

        start = Math.Clamp(start < 0 ? start + length : start, step > 0 ? 0 : -1, step > 0 ? length : length - 1);
        end = Math.Clamp(end < 0 && end > -long.MaxValue / 2 ? end + length : end, step > 0 ? 0 : -1, step > 0 ? length : length - 1);
        long size = Math.Max(0, step > 0 ? (end - start + step - 1) / step : (start - end - step - 1) / -step);
        return (size == 0 ? 0 : (int)start, (int)size, (int)step);
    }
}
