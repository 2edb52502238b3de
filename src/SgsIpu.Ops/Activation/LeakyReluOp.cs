using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>x where x ≥ 0, Alpha · x below.</summary>
public sealed record LeakyReluOp(float Alpha = 0.01f) : SlopeOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("LeakyRelu", static c => c.AddOutput(0, new LeakyReluOp(c.Node.Float("alpha", 0.01f)), c.Input(0))),
        .. ImportRule.TensorFlowAndTfLite("LeakyRelu", "LEAKY_RELU", static c => c.AddOutput(0, new LeakyReluOp(c.Node.Float("alpha", 0.2f)), c.Input(0))),
    ];

    public override string Name => "LeakyRelu";

    protected override double SlopeAbove => 1;

    protected override double SlopeBelow => Alpha;

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("LeakyRelu", [x], [y], ("alpha", Alpha));
}
