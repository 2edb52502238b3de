using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>Square root; fixed point gives 0 below 0.</summary>
public sealed record SqrtOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Sqrt", static c => c.AddOutput(0, new SqrtOp(), c.Input(0))),
        .. ImportRule.TensorFlowAndTfLite("Sqrt", "SQRT", static c => c.AddOutput(0, new SqrtOp(), c.Input(0))),
    ];

    public override string Name => "Sqrt";

    public override double Evaluate(double x) => Math.Sqrt(Math.Max(x, 0));

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Sqrt", [x], [y]);
}
