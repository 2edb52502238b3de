using System.Collections.Immutable;
using SgsIpu.Kernels.Lut;

namespace SgsIpu.Ops;

/// <summary>x · Φ(x), where Φ is the distribution function of the normal distribution.</summary>
/// <param name="Approximate">True for the form ½x(1 + tanh(√(2/π)(x + 0.044715x³))).</param>
public sealed record GeluOp(bool Approximate = false) : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Gelu", Lift),
        ImportRule.Onnx("com.microsoft.FastGelu", static c => c.AddOutput(0, new GeluOp(true), c.Input(0))),
        ImportRule.Onnx("com.microsoft.Gelu", Lift),
        ImportRule.TfLite("GELU", static c => c.AddOutput(0, new GeluOp(c.Node.Bool("approximate", false)), c.Input(0))),
    ];

    public override string Name => "Gelu";

    public override SigmoidCurve Curve => new(u => Evaluate(-u) / -u, 6, SigmoidForm.Weighted);

    public override double Evaluate(double x) => Approximate
        ? 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))))
        : 0.5 * x * (1 + ErrorFunction.Erf(x / Math.Sqrt(2)));

    protected override void Emit(OnnxEmitter emitter, string x, string y) =>
        emitter.Add("Gelu", [x], [y], ("approximate", Approximate ? "tanh" : "none"));

    private static void Lift(LiftContext c)
    {
        string form = c.Node.String("approximate", "none");
        if (form is not ("none" or "tanh"))
        {
            throw c.Error("GeluForm", $"attribute 'approximate' is '{form}'; 'none' and 'tanh' are defined");
        }

        c.AddOutput(0, new GeluOp(form == "tanh"), c.Input(0));
    }
}
