using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>Tangent of an angle in radians.</summary>
public sealed record TanOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Tan", static c => c.AddOutput(0, new TanOp(), c.Input(0))),
        ImportRule.TensorFlow("Tan", static c => c.AddOutput(0, new TanOp(), c.Input(0))),
    ];

    public override string Name => "Tan";

    public override double Evaluate(double x) => Math.Tan(x);

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Tan", [x], [y]);
}
