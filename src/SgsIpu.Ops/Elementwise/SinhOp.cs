using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>Hyperbolic sine.</summary>
public sealed record SinhOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Sinh", static c => c.AddOutput(0, new SinhOp(), c.Input(0))),
        ImportRule.TensorFlow("Sinh", static c => c.AddOutput(0, new SinhOp(), c.Input(0))),
    ];

    public override string Name => "Sinh";

    public override double Evaluate(double x) => Math.Sinh(x);

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Sinh", [x], [y]);
}
