using System.Collections.Immutable;
using SgsIpu.Kernels.Lut;

namespace SgsIpu.Ops;

/// <summary>Hyperbolic tangent.</summary>
public sealed record TanhOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Tanh", static c => c.AddOutput(0, new TanhOp(), c.Input(0))),
        .. ImportRule.TensorFlowAndTfLite("Tanh", "TANH", static c => c.AddOutput(0, new TanhOp(), c.Input(0))),
    ];

    public override string Name => "Tanh";

    public override SigmoidCurve Curve => new(static u => 1 / (1 + Math.Exp(2 * u)), 8, SigmoidForm.Odd);

    protected override (double Min, double Max)? OutputRange => (-1, 1);

    public override double Evaluate(double x) => Math.Tanh(x);

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Tanh", [x], [y]);
}
