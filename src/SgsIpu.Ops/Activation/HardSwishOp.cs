using System.Collections.Immutable;
using SgsIpu.Kernels.Lut;

namespace SgsIpu.Ops;

/// <summary>x · clip(x + 3, 0, 6) / 6.</summary>
public sealed record HardSwishOp : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("HardSwish", static c => c.AddOutput(0, new HardSwishOp(), c.Input(0))),
        ImportRule.TfLite("HARD_SWISH", static c => c.AddOutput(0, new HardSwishOp(), c.Input(0))),
    ];

    public override string Name => "HardSwish";

    public override SigmoidCurve Curve => new(static u => (3 - u) / 6, 3, SigmoidForm.Weighted);

    public override double Evaluate(double x) => x * Math.Clamp(x + 3, 0, 6) / 6;

    protected override void Emit(OnnxEmitter emitter, string x, string y) => emitter.Add("HardSwish", [x], [y]);
}
