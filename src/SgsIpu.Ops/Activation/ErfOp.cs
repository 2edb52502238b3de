using System.Collections.Immutable;
using SgsIpu.Kernels.Lut;

namespace SgsIpu.Ops;

/// <summary>The error function.</summary>
public sealed record ErfOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Erf", static c => c.AddOutput(0, new ErfOp(), c.Input(0))),
        ImportRule.TensorFlow("Erf", static c => c.AddOutput(0, new ErfOp(), c.Input(0))),
    ];

    public override string Name => "Erf";

    public override SigmoidCurve Curve => new(static u => (1 - ErrorFunction.Erf(u)) / 2, 4.25, SigmoidForm.Odd);

    protected override (double Min, double Max)? OutputRange => (-1, 1);

    public override double Evaluate(double x) => ErrorFunction.Erf(x);

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Erf", [x], [y]);
}
