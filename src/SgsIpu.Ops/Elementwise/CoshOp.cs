using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>Hyperbolic cosine.</summary>
public sealed record CoshOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Cosh", static c => c.AddOutput(0, new CoshOp(), c.Input(0))),
        ImportRule.TensorFlow("Cosh", static c => c.AddOutput(0, new CoshOp(), c.Input(0))),
    ];

    public override string Name => "Cosh";

    public override double Evaluate(double x) => Math.Cosh(x);

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Cosh", [x], [y]);
}
