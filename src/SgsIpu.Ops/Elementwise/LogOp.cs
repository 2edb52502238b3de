using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>Natural logarithm; −∞ at 0, which fixed point saturates, and not a number below.</summary>
public sealed record LogOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Log", static c => c.AddOutput(0, new LogOp(), c.Input(0))),
    ];

    public override string Name => "Log";

    public override double Evaluate(double x) => Math.Log(x);

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Log", [x], [y]);
}
