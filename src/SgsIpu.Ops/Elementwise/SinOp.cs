using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>Sine of an angle in radians.</summary>
public sealed record SinOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Sin", static c => c.AddOutput(0, new SinOp(), c.Input(0))),
        .. ImportRule.TensorFlowAndTfLite("Sin", "SIN", static c => c.AddOutput(0, new SinOp(), c.Input(0))),
    ];

    public override string Name => "Sin";

    protected override (double Min, double Max)? OutputRange => (-1, 1);

    public override double Evaluate(double x) => Math.Sin(x);

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Sin", [x], [y]);
}
