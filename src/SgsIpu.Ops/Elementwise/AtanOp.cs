using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>Angle in [−π/2, π/2] whose tangent is x.</summary>
public sealed record AtanOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Atan", static c => c.AddOutput(0, new AtanOp(), c.Input(0))),
        ImportRule.TensorFlow("Atan", static c => c.AddOutput(0, new AtanOp(), c.Input(0))),
    ];

    public override string Name => "Atan";

    protected override (double Min, double Max)? OutputRange => (-Math.PI / 2, Math.PI / 2);

    public override double Evaluate(double x) => Math.Atan(x);

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Atan", [x], [y]);
}
