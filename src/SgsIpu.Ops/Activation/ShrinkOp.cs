using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>x moved by Bias toward 0 where it is further than Lambda from it, else 0: hard and soft shrinkage.</summary>
public sealed record ShrinkOp(float Lambda = 0.5f, float Bias = 0) : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Shrink", static c => c.AddOutput(0, new ShrinkOp(c.Node.Float("lambd", 0.5f), c.Node.Float("bias", 0)), c.Input(0))),
    ];

    public override string Name => "Shrink";

    public override double Evaluate(double x) => x < -Lambda ? x + Bias : x > Lambda ? x - Bias : 0;

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Shrink", [x], [y], ("lambd", Lambda), ("bias", Bias));
}
