using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>Angle in [0, π] whose cosine is x, for x in [−1, 1].</summary>
public sealed record AcosOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Acos", static c => c.AddOutput(0, new AcosOp(), c.Input(0))),
        ImportRule.TensorFlow("Acos", static c => c.AddOutput(0, new AcosOp(), c.Input(0))),
    ];

    public override string Name => "Acos";

    protected override (double Min, double Max)? OutputRange => (0, Math.PI);

    public override double Evaluate(double x) => Math.Acos(Math.Clamp(x, -1, 1));

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Acos", [x], [y]);
}
