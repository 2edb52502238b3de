using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>1 / √x; ∞ at 0, which fixed point saturates, there and below. ONNX has no such operator: passes and other frameworks make it.</summary>
public sealed record RsqrtOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        .. ImportRule.TensorFlowAndTfLite("Rsqrt", "RSQRT", static c => c.AddOutput(0, new RsqrtOp(), c.Input(0))),
    ];

    public override string Name => "Rsqrt";

    public override double Evaluate(double x) => 1 / Math.Sqrt(Math.Max(x, 0));

    protected override void Emit(OnnxEmitter emitter, string x, string y)
    {
        string root = emitter.Add("Sqrt", [x], y + "/sqrt");
        emitter.Add("Reciprocal", [root], [y]);
    }
}
