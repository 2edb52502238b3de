using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>x · tanh(ln(1 + eˣ)).</summary>
public sealed record MishOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Mish", static c => c.AddOutput(0, new MishOp(), c.Input(0))),
    ];

    public override string Name => "Mish";

    public override double Evaluate(double x) => x * Math.Tanh(Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x))));

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Mish", [x], [y]);
}
