using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>|x|.</summary>
public sealed record AbsOp : SlopeOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Abs", static c => c.AddOutput(0, new AbsOp(), c.Input(0))),
        .. ImportRule.TensorFlowAndTfLite("Abs", "ABS", static c => c.AddOutput(0, new AbsOp(), c.Input(0))),
    ];

    public override string Name => "Abs";

    protected override double SlopeAbove => 1;

    protected override double SlopeBelow => -1;

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Abs", [x], [y]);
}
