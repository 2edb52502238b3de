using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>−1, 0 or 1.</summary>
public sealed record SignOp : UnaryOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Sign", static c => c.AddOutput(0, new SignOp(), c.Input(0))),
        ImportRule.TensorFlow("Sign", static c => c.AddOutput(0, new SignOp(), c.Input(0))),
        ImportRule.TfLite("SIGN", static c => c.AddOutput(0, new SignOp(), c.Input(0))),
    ];

    public override string Name => "Sign";

    protected override (double Min, double Max)? OutputRange => (-1, 1);

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        if (binding.Input(0).Quant is null)
        {
            return ExactElementwise.Prepare(binding, static x => Math.Sign(x));
        }

        FixedOperand x = FixedOperand.OfInput(binding, 0);
        FixedOperand y = FixedOperand.OfOutput(binding);
        if (x.Type != DataType.Int16 || y.Type != DataType.Int16)
        {
            throw binding.NotSupported($"{x.Type} to {y.Type}; Int16 to Int16 is supported");
        }

        short one = (short)y.Range.Place((int)Math.Min(Math.Floor((1 / y.Scale) + 0.5), int.MaxValue));
        return new DelegateKernel((in FixedArguments a) =>
        {
            ReadOnlySpan<short> from = a.Input<short>(0);
            Span<short> to = a.Output<short>(0);
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = (short)(Math.Sign(from[i]) * one);
            }
        });
    }

    protected override void Emit(OnnxEmitter emitter, string x, string y)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        emitter.Add("Sign", [x], [y]);
    }
}
