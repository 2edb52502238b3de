using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>ln(1 + eˣ).</summary>
public sealed record SoftplusOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Softplus", static c => c.AddOutput(0, new SoftplusOp(), c.Input(0))),
        ImportRule.TensorFlow("Softplus", static c => c.AddOutput(0, new SoftplusOp(), c.Input(0))),
    ];

    public override string Name => "Softplus";

    public override double Evaluate(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Softplus", [x], [y]);
}
