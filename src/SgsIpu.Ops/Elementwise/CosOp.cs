using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>Cosine of an angle in radians.</summary>
public sealed record CosOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Cos", static c => c.AddOutput(0, new CosOp(), c.Input(0))),
        .. ImportRule.TensorFlowAndTfLite("Cos", "COS", static c => c.AddOutput(0, new CosOp(), c.Input(0))),
    ];

    public override string Name => "Cos";

    protected override (double Min, double Max)? OutputRange => (-1, 1);

    public override double Evaluate(double x) => Math.Cos(x);

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Cos", [x], [y]);
}
