using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;
using SgsIpu.Kernels.Normalization;

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
            node.Inputs.Select((name, i) => i == 0 ? emitter.Native(name) : Whole(emitter, name, Normalized(emitter.Spec(node.Inputs[0]).Shape))),
            [emitter.DefineNative(node.Outputs[0])],
            ("axis", (long)axis),
            ("epsilon", Epsilon));
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return QuantRule.General(Math.Min(inputs.Count, 3));
    }

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        FixedOperand x = FixedOperand.OfInput(binding, 0);
        FixedOperand y = FixedOperand.OfOutput(binding);
        Shape normalized = Normalized(x.Shape);
        var kernel = new LayerNormalizationKernel(
            x.Type,
            x.Zero,
            x.Scale,
            y.Type,
            y.Range,
            Parameter(binding, binding.Input(1), normalized, y.Scale),
            binding.OptionalInput(2) is { } bias ? Parameter(binding, bias, normalized, y.Scale) : new double[normalized.Count],
            Epsilon);
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
        LiftStatistics(c);
        var op = new LayerNormalizationOp((int)c.Node.Int("axis", -1), c.Node.Float("epsilon", 1e-5f));
        if (c.Constant(1) is null || (c.HasInput(2) && c.Constant(2) is null))
        {
            // What is computed from the data scales and shifts afterwards.
            string unit = c.Add("normalized", op, c.Input(0), c.AddConstant(Tensor.FromArray<float>([1f], 1), "one"));
            string scaled = c.HasInput(2) ? c.Add("scaled", new MulOp(), unit, c.Input(1)) : unit;
            c.AddOutput(0, c.HasInput(2) ? new AddOp() : new MulOp(), scaled, c.Input(c.HasInput(2) ? 2 : 1));
        }
        else if (c.HasInput(2))
        {
            c.AddOutput(0, op, c.Input(0), c.Input(1), c.Input(2));
        }
        else
        {
            c.AddOutput(0, op, c.Input(0), c.Input(1));
        }
    }

    /// <summary>The mean and the inverse standard deviation, which are outputs of their own.</summary>
    private static void LiftStatistics(LiftContext c)
    {
        if (!c.HasOutput(1) && !c.HasOutput(2))
        {
            return;
        }

        int rank = c.Spec(0).Shape.Rank;
        int axis = c.Spec(0).Shape.Axis((int)c.Node.Int("axis", -1));
        var mean = new ReduceOp(ReduceKind.Mean, [.. Enumerable.Range(axis, rank - axis)]);
        string middle = c.HasOutput(1) ? c.AddOutput(1, mean, c.Input(0)) : c.Add("mean", mean, c.Input(0));
        if (c.HasOutput(2))
        {
            string centred = c.Add("centred", new SubOp(), c.Input(0), middle);
            string variance = c.Add("variance", mean, c.Add("square", new MulOp(), centred, centred));
            string raised = c.Add("raised", new AddOp(), variance, c.AddConstant(Tensor.Scalar(c.Node.Float("epsilon", 1e-5f)), "epsilon"));
            c.AddOutput(2, new RsqrtOp(), raised);
        }
    }

    /// <summary>A constant for each normalized element, in units of the output.</summary>
    internal static double[] Parameter(FixedBinding binding, TensorSpec tensor, Shape normalized, double outputScale)
    {
        Tensor constant = tensor.Constant ?? throw binding.NotSupported($"'{tensor.Name}' is computed from the data; scale and bias must be constant");
        QuantParam quant = FixedBinding.Quant(tensor);
        if (!quant.IsPerTensor)
        {
            throw binding.NotSupported($"'{tensor.Name}' has scales by channel; one scale is supported");
        }

        long[] integers = constant.ToLongs();
        var plan = new BroadcastPlan(tensor.Shape, normalized);
        var values = new double[normalized.Count];
        for (int i = 0; i < values.Length; i++)
        {
            int row = i / plan.Length;
            values[i] = (integers[plan.Start(row).A + (plan.StepA * (i % plan.Length))] - quant.ZeroPoint) * quant.Scale[0] / outputScale;
        }

        return values;
    }

    /// <summary>A parameter with a value for each normalized element, since runtimes do not broadcast it.</summary>
    private static string Whole(OnnxEmitter emitter, string tensor, Shape normalized)
    {
        if (tensor.Length == 0 || emitter.Spec(tensor).Shape.Count == normalized.Count)
        {
            return emitter.Native(tensor);
        }

        return emitter.Spec(tensor).Constant is { Count: 1 } one
            ? emitter.Constant(Tensor.FromArray<float>([.. Enumerable.Repeat(one.ToFloats()[0], checked((int)normalized.Count))], normalized), tensor + "/whole")
            : emitter.Add("Expand", [emitter.Native(tensor), emitter.Constant(OnnxEmitter.Longs(normalized), "shape")], tensor + "/whole");
    }

    private Shape Normalized(Shape shape) => new(shape.AsSpan()[shape.Axis(Axis)..]);
}
