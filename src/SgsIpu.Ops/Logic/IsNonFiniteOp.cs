using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// True where a real number is none (NaN), or is infinite. Integers are always finite, so that the fixed form is false everywhere.
/// </summary>
/// <param name="Nan">True to ask for what is no number, false for infinities.</param>
/// <param name="Positive">True where +∞ counts.</param>
/// <param name="Negative">True where −∞ counts.</param>
public sealed record IsNonFiniteOp(bool Nan, bool Positive = true, bool Negative = true) : ElementwiseOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("IsNaN", static c => c.AddOutput(0, new IsNonFiniteOp(true), c.Input(0))),
        ImportRule.Onnx("IsInf", static c => c.AddOutput(
            0, new IsNonFiniteOp(false, c.Node.Int("detect_positive", 1) != 0, c.Node.Int("detect_negative", 1) != 0), c.Input(0))),
    ];

    public override string Name => "IsNonFinite";

    protected override int Operands => 1;

    public override FixedKernel PrepareFixed(FixedBinding binding) => new DelegateKernel(static (in FixedArguments a) => a.Output(0).Clear());

    protected override DataType OutputType(DataType input) => DataType.Bool;

    protected override void Emit(OnnxEmitter emitter, string[] inputs, string output)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        if (Nan)
        {
            emitter.Add("IsNaN", inputs, [output]);
            return;
        }

        emitter.Add("IsInf", inputs, [output], ("detect_positive", Positive ? 1L : 0L), ("detect_negative", Negative ? 1L : 0L));
    }
}
