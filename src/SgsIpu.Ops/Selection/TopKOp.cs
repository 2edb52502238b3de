using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// The K largest or smallest elements along one dimension, in order, and their indices (INT64). Of equal elements the one of the lower
/// index comes first.
/// </summary>
/// <param name="Axis">The dimension, from 0 on.</param>
public sealed record TopKOp(int K, int Axis, bool Largest = true) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("TopK", static c =>
        {
            long k = c.HasInput(1) ? c.RequireConstant(1, "k").ToLongs()[0] : c.Node.Int("k", 0);
            c.AddOutputs(Op(c, k, c.Spec(0).Shape.Axis((int)c.Node.Int("axis", -1)), c.Node.Int("largest", 1) != 0), c.Input(0));
        }),
        ImportRule.TensorFlow("TopKV2", LiftNarrow),
        ImportRule.TfLite("TOPK_V2", LiftNarrow),
    ];

    public override string Name => "TopK";

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        TensorSpec x = inputs[0]!;
        if (Axis < 0 || Axis >= x.Shape.Rank || K < 0 || K > x.Shape[Axis])
        {
            throw Mismatch($"{x} has no {K} elements along dimension {Axis}");
        }

        Shape result = x.Shape.With(Axis, K);
        return [new TensorType(x.Type, result), new TensorType(DataType.Int64, result)];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        emitter.Add(
            "TopK",
            [emitter.Native(node.Inputs[0]), emitter.Constant([K], "k")],
            [emitter.DefineNative(node.Outputs[0]), emitter.DefineNative(node.Outputs[1])],
            ("axis", (long)Axis),
            ("largest", Largest ? 1L : 0L),
            ("sorted", 1L));
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Preserving() with { Chooses = true };

    /// <summary>One scale serves the whole tensor, so that the order of the integers is that of the numbers.</summary>
    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        if (binding.Input(0).Quant is { IsPerTensor: false })
        {
            throw binding.NotSupported("elements of different scales have no order");
        }

        return binding.Input(0).Type switch
        {
            DataType.UInt8 or DataType.Bool => Of<byte>(binding),
            DataType.Int8 => Of<sbyte>(binding),
            DataType.Int16 => Of<short>(binding),
            DataType.UInt16 => Of<ushort>(binding),
            DataType.Int32 => Of<int>(binding),
            DataType.Int64 => Of<long>(binding),
            _ => throw binding.NotSupported($"{binding.Input(0)} holds no integers"),
        };
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    private DelegateKernel Of<T>(FixedBinding binding)
        where T : unmanaged, IBinaryInteger<T>
    {
        Shape shape = binding.Input(0).Shape;
        (int outer, int length, int inner) = shape.Around(Axis);
        int width = binding.Input(0).Type.Bits() / 8;
        int keyBytes = ((length * width) + 7) / 8 * 8;
        return new DelegateKernel(
            (in FixedArguments a) =>
            {
                ReadOnlySpan<T> x = a.Input<T>(0);
                Span<T> values = a.Output<T>(0);
                Span<long> places = a.Output<long>(1);
                Span<T> keys = MemoryMarshal.Cast<byte, T>(a.Workspace)[..length];
                Span<int> order = MemoryMarshal.Cast<byte, int>(a.Workspace[keyBytes..])[..length];
                for (int o = 0; o < outer; o++)
                {
                    for (int i = 0; i < inner; i++)
                    {
                        int start = (o * length * inner) + i;
                        for (int k = 0; k < length; k++)
                        {
                            keys[k] = x[start + (k * inner)];
                            order[k] = k;
                        }

                        Sort(keys, order);
                        for (int k = 0; k < K; k++)
                        {
                            values[(((o * K) + k) * inner) + i] = x[start + (order[k] * inner)];
                            places[(((o * K) + k) * inner) + i] = order[k];
                        }
                    }
                }
            },
            keyBytes + (length * sizeof(int)));
    }

    /// <summary>Sorts indices by key, then by index: a heap of all, of which the root is the worst, needs no memory of its own.</summary>
    private void Sort<T>(ReadOnlySpan<T> keys, Span<int> order)
        where T : unmanaged, IBinaryInteger<T>
    {
        for (int root = (order.Length / 2) - 1; root >= 0; root--)
        {
            Sink(keys, order, root);
        }

        for (int end = order.Length - 1; end > 0; end--)
        {
            (order[0], order[end]) = (order[end], order[0]);
            Sink(keys, order[..end], 0);
        }
    }

    private void Sink<T>(ReadOnlySpan<T> keys, Span<int> heap, int root)
        where T : unmanaged, IBinaryInteger<T>
    {
        while ((2 * root) + 1 < heap.Length)
        {
            int child = (2 * root) + 1;
            if (child + 1 < heap.Length && Before(keys, heap[child], heap[child + 1]))
            {
                child++;
            }

            if (!Before(keys, heap[root], heap[child]))
            {
                return;
            }

            (heap[root], heap[child]) = (heap[child], heap[root]);
            root = child;
        }
    }

    private bool Before<T>(ReadOnlySpan<T> keys, int a, int b)
        where T : unmanaged, IBinaryInteger<T>
    {
        int sign = keys[a].CompareTo(keys[b]);
        return sign == 0 ? a < b : sign > 0 == Largest;
    }

    private static TopKOp Op(LiftContext c, long k, int axis, bool largest) => k >= 0 && k <= c.Spec(0).Shape[axis]
        ? new TopKOp((int)k, axis, largest)
        : throw c.Error("ShapeMismatch", $"{c.Spec(0)} has no {k} elements along dimension {axis}");

    /// <summary>Along the last dimension, with INT32 indices.</summary>
    private static void LiftNarrow(LiftContext c)
    {
        int axis = c.Spec(0).Shape.Rank - 1;
        TopKOp op = Op(c, c.RequireConstant(1, "k").ToLongs()[0], axis, true);
        string[] top = c.AddMany("top", op, 2, c.Input(0));
        c.AddOutput(0, new IdentityOp(), top[0]);
        if (c.HasOutput(1))
        {
            c.AddOutput(1, new CastOp(DataType.Int32), top[1]);
        }
    }
}
