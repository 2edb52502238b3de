using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>Number ≥ 0 whose hyperbolic cosine is x, for x ≥ 1.</summary>
public sealed record AcoshOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Acosh", static c => c.AddOutput(0, new AcoshOp(), c.Input(0))),
        ImportRule.TensorFlow("Acosh", static c => c.AddOutput(0, new AcoshOp(), c.Input(0))),
    ];

    public override string Name => "Acosh";

    public override double Evaluate(double x) => Math.Acosh(Math.Max(x, 1));

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Acosh", [x], [y]);
}
