using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>x / (1 + |x|).</summary>
public sealed record SoftsignOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Softsign", static c => c.AddOutput(0, new SoftsignOp(), c.Input(0))),
        ImportRule.TensorFlow("Softsign", static c => c.AddOutput(0, new SoftsignOp(), c.Input(0))),
    ];

    public override string Name => "Softsign";

    protected override (double Min, double Max)? OutputRange => (-1, 1);

    public override double Evaluate(double x) => x / (1 + Math.Abs(x));

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("Softsign", [x], [y]);
}
