using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>1 / x.</summary>
public sealed record ReciprocalOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Reciprocal", static c => c.AddOutput(0, new ReciprocalOp(), c.Input(0))),
        ImportRule.TensorFlow("Inv", static c => c.AddOutput(0, new ReciprocalOp(), c.Input(0))),
        ImportRule.TensorFlow("Reciprocal", static c => c.AddOutput(0, new ReciprocalOp(), c.Input(0))),
    ];

    public override string Name => "Reciprocal";

    public override double Evaluate(double x) => 1 / x;

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Reciprocal", [x], [y]);
}
