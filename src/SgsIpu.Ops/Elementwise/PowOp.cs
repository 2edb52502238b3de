using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;
using SgsIpu.Kernels.Exact;

namespace SgsIpu.Ops;

/// <summary>x to a power: a constant one (one input), or another tensor (two inputs).</summary>
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

    public override ImmutableArray<Tensor> BuildTables(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        return Exponent is not null ? FunctionTables.Build(binding, Evaluate)
            : binding.Input(0).Quant is null ? []
            : [BinaryKernel.PowerTable(FixedOperand.OfInput(binding, 0).Scale, FixedOperand.OfOutput(binding).Scale)];
    }

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        if (Exponent is not null)
        {
            return FunctionTables.Prepare(binding);
        }

        if (binding.Input(0).Quant is null && binding.Input(1).Quant is null)
        {
            return ExactElementwise.Prepare(binding, ExactOperation.Power);
        }

        BinaryOperands t = BinaryOperands.Of(binding);
        Tensor table = binding.OptionalInput(2)?.Constant ?? throw binding.NotSupported("the table of the power is missing");
        BinaryKernel kernel = BinaryKernel.Power(t.Types, table, t.ScaleB);
        return new DelegateKernel((in FixedArguments a) => kernel.Run(a.Input(0), a.Input(1), a.Output(0), a.Threads));
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
            LiftComputed(c);
            return;
        }

        float exponent = constant.ToFloats()[0];
        if (!c.Spec(0).Type.IsFloat())
        {
            LiftComputed(c);
            return;
        }

        IpuOperator op = exponent switch
        {
            0.5f => new SqrtOp(),
            -0.5f => new RsqrtOp(),
            -1f => new ReciprocalOp(),
            _ => new PowOp(exponent),
        };
        c.AddOutput(0, op, c.Input(0));
    }

    /// <summary>The exponent may be of another type than the base, whose type the result has.</summary>
    private static void LiftComputed(LiftContext c)
    {
        DataType type = c.Spec(0).Type;
        string exponent = c.Input(1);
        DataType given = c.SpecOf(exponent).Type;
        if (given == type || (type.IsFloat() && !given.IsFloat()))
        {
            c.AddOutput(0, new PowOp(), c.Input(0), given == type ? exponent : c.Add("exponent", new CastOp(type), exponent));
            return;
        }

        if (!given.IsFloat())
        {
            c.AddOutput(0, new PowOp(), c.Input(0), c.Add("exponent", new CastOp(type), exponent));
            return;
        }

        // Whole numbers to a broken power: computed in real numbers, and cut off.
        string power = c.Add("power", new PowOp(), c.Add("base", new CastOp(DataType.Float32), c.Input(0)), exponent);
        c.AddOutput(0, new CastOp(type), power);
    }
}
