using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// (x − mean) / √(variance + Epsilon) · scale + bias over the dimensions from Axis to the last. Inputs: x, scale, and bias, which may be
/// absent; scale and bias have the shape of those dimensions.
/// </summary>
public sealed record LayerNormalizationOp(int Axis = -1, float Epsilon = 1e-5f) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Onnx("LayerNormalization", Lift)];

    public override string Name => "LayerNormalization";

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        TensorSpec x = inputs[0]!;
        if (Axis < -x.Shape.Rank || Axis >= x.Shape.Rank)
        {
            throw Mismatch($"axis {Axis} is outside the {x.Shape.Rank} dimensions of {x}");
        }

        Shape normalized = Normalized(x.Shape);
        foreach (TensorSpec? parameter in inputs.Skip(1).Take(2))
        {
            if (parameter is not null && Shape.Broadcast(normalized, parameter.Shape) != normalized)
            {
                throw Mismatch($"{parameter} does not fit the normalized dimensions {normalized} of {x}");
            }
        }

        return [new TensorType(x.Type, x.Shape)];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        int axis = emitter.Spec(node.Inputs[0]).Shape.Axis(Axis);
        emitter.Add(
            "LayerNormalization",
            node.Inputs.Select(emitter.Native),
            [emitter.DefineNative(node.Outputs[0])],
            ("axis", (long)axis),
            ("epsilon", Epsilon));
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return QuantRule.General(Math.Min(inputs.Count, 3));
    }

    public override FixedKernel PrepareFixed(FixedBinding binding) => throw binding.NotSupported("LayerNormalization has no fixed-point form");

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    public override IpuOperator? Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        int axis = inputs[0]!.Shape.Axis(Axis);
        return Enumerable.Range(axis, permutation.Length - axis).All(d => permutation[d] == d) ? this : null;
    }

    private static void Lift(LiftContext c)
    {
        for (int i = 1; i < c.OutputCount; i++)
        {
            if (c.HasOutput(i))
            {
                throw c.Error("LayerNormalizationOutputs", "the outputs mean and inverse standard deviation are not supported", IpuErrorKind.NotSupported);
            }
        }

        var op = new LayerNormalizationOp((int)c.Node.Int("axis", -1), c.Node.Float("epsilon", 1e-5f));
        if (c.HasInput(2))
        {
            c.AddOutput(0, op, c.Input(0), c.Input(1), c.Input(2));
        }
        else
        {
            c.AddOutput(0, op, c.Input(0), c.Input(1));
        }
    }

    private Shape Normalized(Shape shape) => new(shape.AsSpan()[shape.Axis(Axis)..]);
}
