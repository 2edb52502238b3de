using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Normalization;

namespace SgsIpu.Ops;

/// <summary>
/// x / √(mean of squares + Epsilon) · scale over the dimensions from Axis to the last. Inputs: x and scale, a constant that broadcasts to
/// those dimensions. With scale 1/√n over n elements it is the division by the Euclidean norm.
/// </summary>
public sealed record RmsNormalizationOp(int Axis = -1, float Epsilon = 1e-5f) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("RMSNormalization", Lift),
        ImportRule.Onnx("SimplifiedLayerNormalization", Lift),
        ImportRule.Onnx("com.microsoft.SimplifiedLayerNormalization", Lift),
    ];

    public override string Name => "RmsNormalization";

    public override ImmutableArray<Constraint> Constraints => [ConvolutionConstraints.TensorSize];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        TensorSpec x = inputs[0]!;
        if (Axis < -x.Shape.Rank || Axis >= x.Shape.Rank)
        {
            throw Mismatch($"axis {Axis} is outside the {x.Shape.Rank} dimensions of {x}");
        }

        Shape normalized = Normalized(x.Shape);
        return inputs.Count > 1 && inputs[1] is { } scale && Shape.Broadcast(normalized, scale.Shape) == normalized
            ? [new TensorType(x.Type, x.Shape)]
            : throw Mismatch($"the scale does not fit the normalized dimensions {normalized} of {x}");
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        Shape shape = emitter.Spec(node.Inputs[0]).Shape;
        string x = emitter.Native(node.Inputs[0]);
        string y = emitter.DefineNative(node.Outputs[0]);
        string axes = emitter.Constant(OnnxEmitter.Longs(Enumerable.Range(shape.Axis(Axis), shape.Rank - shape.Axis(Axis))), "axes");
        string square = emitter.Add("Mul", [x, x], y + "/square");
        string mean = emitter.Add("ReduceMean", [square, axes], y + "/mean", ("keepdims", 1L));
        string raised = emitter.Add("Add", [mean, emitter.Constant(Tensor.Scalar(Epsilon), "epsilon")], y + "/raised");
        string unit = emitter.Add("Div", [x, emitter.Add("Sqrt", [raised], y + "/root")], y + "/unit");
        emitter.Add("Mul", [unit, emitter.Native(node.Inputs[1])], [y]);
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.General(2);

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        FixedOperand x = FixedOperand.OfInput(binding, 0);
        FixedOperand y = FixedOperand.OfOutput(binding);
        Shape normalized = Normalized(x.Shape);
        double[] scale = LayerNormalizationOp.Parameter(binding, binding.Input(1), normalized, y.Scale);
        var kernel = new LayerNormalizationKernel(x.Type, x.Zero, x.Scale, y.Type, y.Range, scale, new double[scale.Length], Epsilon) { Centred = false };
        return new DelegateKernel((in FixedArguments a) => kernel.Run(a.Input(0), a.Output(0)));
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    public override IpuOperator? Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        int axis = inputs[0]!.Shape.Axis(Axis);
        return Enumerable.Range(axis, permutation.Length - axis).All(d => permutation[d] == d) ? this : null;
    }

    private static void Lift(LiftContext c)
    {
        if (c.HasOutput(1))
        {
            throw c.Error("LayerNormalizationOutputs", "the inverse root is not supported as an output", IpuErrorKind.NotSupported);
        }

        c.AddOutput(0, new RmsNormalizationOp((int)c.Node.Int("axis", -1), c.Node.Float("epsilon", 1e-5f)), c.Input(0), c.Input(1));
    }

    private Shape Normalized(Shape shape) => new(shape.AsSpan()[shape.Axis(Axis)..]);
}
