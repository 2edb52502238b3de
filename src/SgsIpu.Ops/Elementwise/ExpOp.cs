using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>eˣ.</summary>
public sealed record ExpOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Exp", static c => c.AddOutput(0, new ExpOp(), c.Input(0))),
        .. ImportRule.TensorFlowAndTfLite("Exp", "EXP", static c => c.AddOutput(0, new ExpOp(), c.Input(0))),
    ];

    public override string Name => "Exp";

    public override double Evaluate(double x) => Math.Exp(x);

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Exp", [x], [y]);
}
