using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>The nearest integer; halves go to the even one.</summary>
public sealed record RoundOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Round", static c => c.AddOutput(0, new RoundOp(), c.Input(0))),
        .. ImportRule.TensorFlowAndTfLite("Round", "ROUND", static c => c.AddOutput(0, new RoundOp(), c.Input(0))),
    ];

    public override string Name => "Round";

    public override double Evaluate(double x) => Math.Round(x, MidpointRounding.ToEven);

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Round", [x], [y]);
}
