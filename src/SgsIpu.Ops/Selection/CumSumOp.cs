using System.Collections.Immutable;
using System.Numerics;
using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

/// <summary>The running sum along one dimension.</summary>
/// <param name="Axis">The dimension, from 0 on.</param>
/// <param name="Exclusive">True where an element is not part of its own sum.</param>
/// <param name="Reverse">True for sums from the end on.</param>
public sealed record CumSumOp(int Axis, bool Exclusive = false, bool Reverse = false) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("CumSum", Lift),
        ImportRule.TensorFlow("Cumsum", Lift),
        ImportRule.TfLite("CUMSUM", Lift),
    ];

    public override string Name => "CumSum";

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        TensorSpec x = inputs[0]!;
        return Axis >= 0 && Axis < x.Shape.Rank ? [new TensorType(x.Type, x.Shape)] : throw Mismatch($"{x} has no dimension {Axis}");
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        emitter.Add(
            "CumSum",
            [emitter.Native(node.Inputs[0]), emitter.Constant(Tensor.Scalar((long)Axis), "axis")],
            [emitter.DefineNative(node.Outputs[0])],
            ("exclusive", Exclusive ? 1L : 0L),
            ("reverse", Reverse ? 1L : 0L));
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return inputs[0]!.Type.IsFloat() ? QuantRule.General() : QuantRule.Index();
    }

    /// <summary>Sums are exact in INT64 and rounded once each.</summary>
    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        if (binding.Input(0).Quant is null)
        {
            return binding.Input(0).Type switch
            {
                DataType.Int32 => Of<int, int>(binding, 0, static v => unchecked((int)v)),
                DataType.Int64 => Of<long, long>(binding, 0, static v => v),
                _ => throw binding.NotSupported($"{binding.Input(0).Type} elements are not summed; Int32 and Int64 are"),
            };
        }

        FixedOperand x = FixedOperand.OfInput(binding, 0);
        FixedOperand y = FixedOperand.OfOutput(binding);
        if (x.Type != DataType.Int16 || y.Type != DataType.Int16)
        {
            throw binding.NotSupported($"{x.Type} to {y.Type}; Int16 is supported");
        }

        Requantizer scale = Requantizer.FromScale(x.Scale / y.Scale);
        return Of<short, short>(binding, x.Zero, v => (short)y.Range.Place(scale.Apply(v)));
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    public override IpuOperator Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs) => this with { Axis = permutation[Axis] };

    private DelegateKernel Of<TX, TY>(FixedBinding binding, int zero, Func<long, TY> place)
        where TX : unmanaged, IBinaryInteger<TX>
        where TY : unmanaged
    {
        Shape shape = binding.Input(0).Shape;
        (int outer, int length, int inner) = shape.Around(Axis);
        return new DelegateKernel((in FixedArguments a) =>
        {
            ReadOnlySpan<TX> x = a.Input<TX>(0);
            Span<TY> y = a.Output<TY>(0);
            for (int o = 0; o < outer; o++)
            {
                for (int i = 0; i < inner; i++)
                {
                    long sum = 0;
                    for (int k = 0; k < length; k++)
                    {
                        int at = (((o * length) + (Reverse ? length - 1 - k : k)) * inner) + i;
                        long own = long.CreateTruncating(x[at]) - zero;
                        y[at] = place(Exclusive ? sum : unchecked(sum + own));
                        sum = unchecked(sum + own);
                    }
                }
            }
        });
    }

    private static void Lift(LiftContext c)
    {
        int axis = c.Spec(0).Shape.Axis((int)c.RequireConstant(1, "axis").ToLongs()[0]);
        c.AddOutput(0, new CumSumOp(axis, c.Node.Bool("exclusive", false), c.Node.Bool("reverse", false)), c.Input(0));
    }
}
