using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>Number whose hyperbolic tangent is x, for x between −1 and 1.</summary>
public sealed record AtanhOp : UnaryFunctionOp
{
    /// <summary>Fixed point takes ±1 for the nearest values that have a result: float32's neighbours of ±1.</summary>
    private const double Largest = 1 - (1.0 / (1 << 24));

    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Atanh", static c => c.AddOutput(0, new AtanhOp(), c.Input(0))),
        ImportRule.TensorFlow("Atanh", static c => c.AddOutput(0, new AtanhOp(), c.Input(0))),
    ];

    public override string Name => "Atanh";

    public override double Evaluate(double x) => Math.Atanh(Math.Clamp(x, -Largest, Largest));

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Atanh", [x], [y]);
}
