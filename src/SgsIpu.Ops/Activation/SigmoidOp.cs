using System.Collections.Immutable;
using SgsIpu.Kernels.Lut;

namespace SgsIpu.Ops;

/// <summary>1 / (1 + e⁻ˣ).</summary>
public sealed record SigmoidOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Sigmoid", static c => c.AddOutput(0, new SigmoidOp(), c.Input(0))),
        .. ImportRule.TensorFlowAndTfLite("Sigmoid", "LOGISTIC", static c => c.AddOutput(0, new SigmoidOp(), c.Input(0))),
    ];

    public override string Name => "Sigmoid";

    public override SigmoidCurve Curve => Logistic(SigmoidForm.Plain);

    protected override (double Min, double Max)? OutputRange => (0, 1);

    public override double Evaluate(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>A function of 1 / (1 + e⁻ˣ).</summary>
    internal static SigmoidCurve Logistic(SigmoidForm form) => new(u => 1 / (1 + Math.Exp(u)), 16, form);

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Sigmoid", [x], [y]);
}
