using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>clip(Alpha · x + Beta, 0, 1).</summary>
public sealed record HardSigmoidOp(float Alpha = 0.2f, float Beta = 0.5f) : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("HardSigmoid", static c => c.AddOutput(0, new HardSigmoidOp(c.Node.Float("alpha", 0.2f), c.Node.Float("beta", 0.5f)), c.Input(0))),
    ];

    public override string Name => "HardSigmoid";

    protected override (double Min, double Max)? OutputRange => (0, 1);

    public override double Evaluate(double x) => Math.Clamp((Alpha * x) + Beta, 0, 1);

    protected override void Emit(OnnxEmitter emitter, string x, string y) =>
        emitter.Add("HardSigmoid", [x], [y], ("alpha", Alpha), ("beta", Beta));
}
