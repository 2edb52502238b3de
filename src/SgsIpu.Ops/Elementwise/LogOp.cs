using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>Natural logarithm; −∞ at 0, which fixed point saturates, there and below.</summary>
public sealed record LogOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Log", static c => c.AddOutput(0, new LogOp(), c.Input(0))),
        .. ImportRule.TensorFlowAndTfLite("Log", "LOG", static c => c.AddOutput(0, new LogOp(), c.Input(0))),
    ];

    public override string Name => "Log";

    public override double Evaluate(double x) => x > 0 ? Math.Log(x) : double.NegativeInfinity;

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Log", [x], [y]);
}
