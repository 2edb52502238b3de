using System.Collections.Immutable;
using SgsIpu.Kernels.Lut;

namespace SgsIpu.Ops;

/// <summary>x / (1 + e⁻ˣ), also called Swish. ONNX writes it as Sigmoid and Mul; a pass joins them.</summary>
public sealed record SiluOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports => [];

    public override string Name => "Silu";

    public override SigmoidCurve Curve => SigmoidOp.Logistic(SigmoidForm.Weighted);

    public override double Evaluate(double x) => x / (1 + Math.Exp(-x));

    protected override void Emit(OnnxEmitter emitter, string x, string y)
    {
        string gate = emitter.Add("Sigmoid", [x], y + "/sigmoid");
        emitter.Add("Mul", [x, gate], [y]);
    }
}
