using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>x to a power: a constant one (one input, runs in fixed point), or another tensor (two inputs, float only).</summary>
/// <param name="Exponent">The constant exponent; null where it is the second input.</param>
public sealed record PowOp(float? Exponent = null) : ElementwiseOp
{
    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Onnx("Pow", Lift), .. ImportRule.TensorFlowAndTfLite("Pow", "POW", Lift)];

    public override string Name => "Pow";

    protected override int Operands => Exponent is null ? 2 : 1;

    /// <summary>The function in double precision, for a constant exponent.</summary>
    public double Evaluate(double x)
    {
        double exponent = Exponent!.Value;

        // A negative number has no broken power: fixed point takes the value at 0.
        return Math.Pow(x < 0 && exponent != Math.Floor(exponent) ? 0 : x, exponent);
    }

    public override ImmutableArray<Tensor> BuildTables(FixedBinding binding) => Exponent is null ? [] : FunctionTables.Build(binding, Evaluate);

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        return Exponent is null
            ? throw binding.NotSupported("Pow runs in fixed point only with a constant exponent of one value")
            : FunctionTables.Prepare(binding);
    }

    protected override void Emit(OnnxEmitter emitter, string[] inputs, string output)
    {
        if (Exponent is { } exponent)
        {
            inputs = [inputs[0], emitter.Constant(Tensor.Scalar(exponent), "exponent")];
        }

        emitter.Add("Pow", inputs, [output]);
    }

    internal static void Lift(LiftContext c)
    {
        // An exponent of one value that does not broaden the result is an attribute; the usual ones have operators of their own.
        if (c.Constant(1) is not { } constant || constant.Count == 0 || constant.Shape.Rank > c.Spec(0).Shape.Rank
            || !constant.ToFloats().All(v => v == constant.ToFloats()[0]) || Shape.Broadcast(c.Spec(0).Shape, constant.Shape) != c.Spec(0).Shape)
        {
            c.AddOutput(0, new PowOp(), c.Input(0), c.Input(1));
            return;
        }

        float exponent = constant.ToFloats()[0];
        IpuOperator op = exponent switch
        {
            0.5f => new SqrtOp(),
            -0.5f => new RsqrtOp(),
            -1f => new ReciprocalOp(),
            _ => new PowOp(exponent),
        };
        c.AddOutput(0, op, c.Input(0));
    }
}
