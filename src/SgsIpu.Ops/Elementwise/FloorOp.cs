using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>The largest integer that is not above x.</summary>
public sealed record FloorOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Floor", static c => c.AddOutput(0, new FloorOp(), c.Input(0))),
        .. ImportRule.TensorFlowAndTfLite("Floor", "FLOOR", static c => c.AddOutput(0, new FloorOp(), c.Input(0))),
    ];

    public override string Name => "Floor";

    public override double Evaluate(double x) => Math.Floor(x);

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Floor", [x], [y]);
}
