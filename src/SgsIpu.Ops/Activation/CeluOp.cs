using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>x where x ≥ 0, Alpha · (e^(x / Alpha) − 1) below.</summary>
public sealed record CeluOp(float Alpha = 1) : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Celu", static c => c.AddOutput(0, new CeluOp(c.Node.Float("alpha", 1)), c.Input(0))),
    ];

    public override string Name => "Celu";

    public override double Evaluate(double x) => x >= 0 ? x : Alpha * (Math.Exp(x / Alpha) - 1);

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Celu", [x], [y], ("alpha", Alpha));
}
