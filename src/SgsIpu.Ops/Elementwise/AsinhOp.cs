using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>Number whose hyperbolic sine is x.</summary>
public sealed record AsinhOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Asinh", static c => c.AddOutput(0, new AsinhOp(), c.Input(0))),
        ImportRule.TensorFlow("Asinh", static c => c.AddOutput(0, new AsinhOp(), c.Input(0))),
    ];

    public override string Name => "Asinh";

    public override double Evaluate(double x) => Math.Asinh(x);

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Asinh", [x], [y]);
}
