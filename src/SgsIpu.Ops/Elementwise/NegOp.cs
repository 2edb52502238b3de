using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>−x.</summary>
public sealed record NegOp : SlopeOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Neg", static c => c.AddOutput(0, new NegOp(), c.Input(0))),
        .. ImportRule.TensorFlowAndTfLite("Neg", "NEG", static c => c.AddOutput(0, new NegOp(), c.Input(0))),
    ];

    public override string Name => "Neg";

    protected override double SlopeAbove => -1;

    protected override double SlopeBelow => -1;

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Neg", [x], [y]);
}
