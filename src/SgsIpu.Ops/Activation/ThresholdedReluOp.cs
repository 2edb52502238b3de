using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>x where it is above Alpha, else 0.</summary>
public sealed record ThresholdedReluOp(float Alpha = 1) : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("ThresholdedRelu", static c => c.AddOutput(0, new ThresholdedReluOp(c.Node.Float("alpha", 1)), c.Input(0))),
    ];

    public override string Name => "ThresholdedRelu";

    public override double Evaluate(double x) => x > Alpha ? x : 0;

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("ThresholdedRelu", [x], [y], ("alpha", Alpha));
}
