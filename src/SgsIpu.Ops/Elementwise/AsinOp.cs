using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>Angle in [−π/2, π/2] whose sine is x, for x in [−1, 1].</summary>
public sealed record AsinOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Asin", static c => c.AddOutput(0, new AsinOp(), c.Input(0))),
        ImportRule.TensorFlow("Asin", static c => c.AddOutput(0, new AsinOp(), c.Input(0))),
    ];

    public override string Name => "Asin";

    protected override (double Min, double Max)? OutputRange => (-Math.PI / 2, Math.PI / 2);

    public override double Evaluate(double x) => Math.Asin(Math.Clamp(x, -1, 1));

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Asin", [x], [y]);
}
