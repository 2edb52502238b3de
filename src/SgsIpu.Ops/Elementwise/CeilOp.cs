using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>The smallest integer that is not below x.</summary>
public sealed record CeilOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Ceil", static c => c.AddOutput(0, new CeilOp(), c.Input(0))),
        .. ImportRule.TensorFlowAndTfLite("Ceil", "CEIL", static c => c.AddOutput(0, new CeilOp(), c.Input(0))),
    ];

    public override string Name => "Ceil";

    public override double Evaluate(double x) => Math.Ceiling(x);

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Ceil", [x], [y]);
}
