using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Limits values to [Min, Max]: Clip, ReLU, ReLU6.</summary>
/// <param name="Min">The smallest result; −∞ for none.</param>
/// <param name="Max">The largest result; +∞ for none.</param>
public sealed record ClipOp(float Min = float.NegativeInfinity, float Max = float.PositiveInfinity) : SlopeOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Clip", Lift),
        ImportRule.Onnx("Relu", static c => c.AddOutput(0, new ClipOp(0), c.Input(0))),
        .. ImportRule.TensorFlowAndTfLite("Relu", "RELU", static c => c.AddOutput(0, new ClipOp(0), c.Input(0))),
        .. ImportRule.TensorFlowAndTfLite("Relu6", "RELU6", static c => c.AddOutput(0, new ClipOp(0, 6), c.Input(0))),
        ImportRule.TfLite("RELU_N1_TO_1", static c => c.AddOutput(0, new ClipOp(-1, 1), c.Input(0))),
        ImportRule.TfLite("RELU_0_TO_1", static c => c.AddOutput(0, new ClipOp(0, 1), c.Input(0))),
    ];

    public override string Name => "Clip";

    protected override double SlopeAbove => 1;

    protected override double SlopeBelow => 1;

    protected override double Floor => Min;

    protected override double Ceiling => Max;

    protected override void Emit(OnnxEmitter emitter, string x, string y)
    {
        if (Min == 0 && float.IsPositiveInfinity(Max))
        {
            emitter.Add("Relu", [x], [y]);
            return;
        }

        string min = float.IsNegativeInfinity(Min) ? "" : emitter.Constant(Tensor.Scalar(Min), "min");
        string max = float.IsPositiveInfinity(Max) ? "" : emitter.Constant(Tensor.Scalar(Max), "max");
        emitter.Add("Clip", [x, min, max], [y]);
    }

    private static void Lift(LiftContext c)
    {
        if (new[] { 1, 2 }.Any(i => c.HasInput(i) && c.Constant(i) is null))
        {
            LiftComputed(c);
            return;
        }

        // Attributes up to operator set 10, inputs from 11 on.
        float min = c.Node.Float("min", c.HasInput(1) ? c.RequireConstant(1, "min").ToFloats()[0] : float.NegativeInfinity);
        float max = c.Node.Float("max", c.HasInput(2) ? c.RequireConstant(2, "max").ToFloats()[0] : float.PositiveInfinity);
        if (!c.Spec(0).Type.IsFloat())
        {
            LiftIntegers(c, min, max);
            return;
        }

        // Exporters write the largest float for "no limit".
        min = min <= float.MinValue ? float.NegativeInfinity : min;
        max = max >= float.MaxValue ? float.PositiveInfinity : max;
        c.AddOutput(0, new ClipOp(min, max), c.Input(0));
    }

    /// <summary>Bounds that are computed from the data.</summary>
    private static void LiftComputed(LiftContext c)
    {
        string raised = !c.HasInput(1) ? c.Input(0) : c.HasInput(2) ? c.Add("raised", new MaximumOp(), c.Input(0), c.Input(1)) : c.AddOutput(0, new MaximumOp(), c.Input(0), c.Input(1));
        if (c.HasInput(2))
        {
            c.AddOutput(0, new MinimumOp(), raised, c.Input(2));
        }
    }

    /// <summary>Integers are compared with integers: a bound that is absent is none.</summary>
    private static void LiftIntegers(LiftContext c, float min, float max)
    {
        string value = c.Input(0);
        bool below = !float.IsNegativeInfinity(min);
        bool above = !float.IsPositiveInfinity(max);
        if (below)
        {
            value = above ? c.Add("raised", new MaximumOp(), value, c.Input(1)) : c.AddOutput(0, new MaximumOp(), value, c.Input(1));
        }

        if (above)
        {
            c.AddOutput(0, new MinimumOp(), value, c.Input(2));
        }
        else if (!below)
        {
            c.AddOutput(0, new IdentityOp(), value);
        }
    }
}
