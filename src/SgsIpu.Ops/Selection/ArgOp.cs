using System.Collections.Immutable;
using System.Numerics;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>The index (INT64) of the largest or smallest element along one dimension.</summary>
/// <param name="Max">True for the largest.</param>
/// <param name="Axis">The dimension, from 0 on.</param>
/// <param name="KeepDims">True where the dimension stays, with size 1.</param>
/// <param name="Last">True for the last of equal elements, false for the first.</param>
public sealed record ArgOp(bool Max, int Axis, bool KeepDims = true, bool Last = false) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("ArgMax", static c => Lift(c, true)),
        ImportRule.Onnx("ArgMin", static c => Lift(c, false)),
        .. ImportRule.TensorFlowAndTfLite("ArgMax", "ARG_MAX", static c => LiftTensorFlow(c, true)),
        .. ImportRule.TensorFlowAndTfLite("ArgMin", "ARG_MIN", static c => LiftTensorFlow(c, false)),
    ];

    public override string Name => "Arg";

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        Shape x = inputs[0]!.Shape;
        if (Axis < 0 || Axis >= x.Rank || x[Axis] == 0)
        {
            throw Mismatch($"{inputs[0]} has no elements along dimension {Axis}");
        }

        return [new TensorType(DataType.Int64, KeepDims ? x.With(Axis, 1) : new Shape([.. x.Where((_, d) => d != Axis)]))];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        bool first = KeepDims && emitter.LivesChannelsFirst(node.Inputs[0]);
        emitter.Add(
            Max ? "ArgMax" : "ArgMin",
            [first ? emitter.ChannelsFirst(node.Inputs[0]) : emitter.Native(node.Inputs[0])],
            [first ? emitter.DefineChannelsFirst(node.Outputs[0]) : emitter.DefineNative(node.Outputs[0])],
            ("axis", first ? OnnxEmitter.FirstAxis(Axis) : (long)Axis),
            ("keepdims", KeepDims ? 1L : 0L),
            ("select_last_index", Last ? 1L : 0L));
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return inputs[0]!.Type.IsFloat() ? QuantRule.General() with { Chooses = true } : QuantRule.Index();
    }

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

    public override IpuOperator? Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs) => KeepDims ? this with { Axis = permutation[Axis] } : null;

    private DelegateKernel Of<T>(FixedBinding binding)
        where T : unmanaged, IBinaryInteger<T>
    {
        Shape shape = binding.Input(0).Shape;
        (int outer, int length, int inner) = shape.Around(Axis);
        return new DelegateKernel((in FixedArguments a) =>
        {
            ReadOnlySpan<T> x = a.Input<T>(0);
            Span<long> y = a.Output<long>(0);
            for (int o = 0; o < outer; o++)
            {
                for (int i = 0; i < inner; i++)
                {
                    int start = (o * length * inner) + i;
                    int best = 0;
                    for (int k = 1; k < length; k++)
                    {
                        int sign = x[start + (k * inner)].CompareTo(x[start + (best * inner)]);
                        best = (Max ? sign > 0 : sign < 0) || (Last && sign == 0) ? k : best;
                    }

                    y[(o * inner) + i] = best;
                }
            }
        });
    }

    private static void Lift(LiftContext c, bool max) => c.AddOutput(
        0,
        new ArgOp(max, c.Spec(0).Shape.Axis((int)c.Node.Int("axis", 0)), c.Node.Int("keepdims", 1) != 0, c.Node.Int("select_last_index", 0) != 0),
        c.Input(0));

    private static void LiftTensorFlow(LiftContext c, bool max)
    {
        int axis = c.Spec(0).Shape.Axis(c.RequireConstant(1, "axis").ToInts()[0]);
        var op = new ArgOp(max, axis, KeepDims: false);
        if (c.Node.String("output_type", "Int64") == "Int32")
        {
            c.AddOutput(0, new CastOp(DataType.Int32), c.Add("index", op, c.Input(0)));
            return;
        }

        c.AddOutput(0, op, c.Input(0));
    }
}
