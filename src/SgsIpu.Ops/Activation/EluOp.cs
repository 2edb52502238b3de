using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>Gamma · x where x ≥ 0, Gamma · Alpha · (eˣ − 1) below: ELU, and SELU with its own constants.</summary>
public sealed record EluOp(float Alpha = 1, float Gamma = 1) : UnaryFunctionOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Elu", static c => c.AddOutput(0, new EluOp(c.Node.Float("alpha", 1)), c.Input(0))),
        ImportRule.Onnx("Selu", static c => c.AddOutput(0, new EluOp(c.Node.Float("alpha", 1.67326319f), c.Node.Float("gamma", 1.05070102f)), c.Input(0))),
        .. ImportRule.TensorFlowAndTfLite("Elu", "ELU", static c => c.AddOutput(0, new EluOp(), c.Input(0))),
        ImportRule.TensorFlow("Selu", static c => c.AddOutput(0, new EluOp(1.67326324f, 1.05070098f), c.Input(0))),
    ];

    public override string Name => "Elu";

    public override double Evaluate(double x) => Gamma * (x >= 0 ? x : Alpha * (Math.Exp(x) - 1));

    protected override void Emit(OnnxEmitter emitter, string x, string y)
    {
        if (Gamma == 1)
        {
            emitter.Add("Elu", [x], [y], ("alpha", Alpha));
        }
        else
        {
            emitter.Add("Selu", [x], [y], ("alpha", Alpha), ("gamma", Gamma));
        }
    }
}
