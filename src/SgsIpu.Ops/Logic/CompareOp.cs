using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;
using SgsIpu.Kernels.Exact;

namespace SgsIpu.Ops;

/// <summary>
/// Compares two tensors, element by element with NumPy broadcasting; the result is BOOL. Quantized numbers within half a step of the
/// coarser operand are equal (see <see cref="CommonUnit.Compare"/>).
/// </summary>
public sealed record CompareOp(ComparisonKind Kind) : ElementwiseOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        .. Enum.GetValues<ComparisonKind>().Where(k => k != ComparisonKind.NotEqual)
            .Select(k => ImportRule.Onnx(k.ToString(), c => c.AddOutput(0, new CompareOp(k), c.Input(0), c.Input(1)))),
        .. Enum.GetValues<ComparisonKind>().Where(k => k is not (ComparisonKind.GreaterOrEqual or ComparisonKind.LessOrEqual))
            .Select(k => ImportRule.TensorFlow(k.ToString(), c => c.AddOutput(0, new CompareOp(k), c.Input(0), c.Input(1)))),
        ImportRule.TensorFlow("GreaterEqual", static c => c.AddOutput(0, new CompareOp(ComparisonKind.GreaterOrEqual), c.Input(0), c.Input(1))),
        ImportRule.TensorFlow("LessEqual", static c => c.AddOutput(0, new CompareOp(ComparisonKind.LessOrEqual), c.Input(0), c.Input(1))),
        ImportRule.TfLite("EQUAL", static c => c.AddOutput(0, new CompareOp(ComparisonKind.Equal), c.Input(0), c.Input(1))),
        ImportRule.TfLite("NOT_EQUAL", static c => c.AddOutput(0, new CompareOp(ComparisonKind.NotEqual), c.Input(0), c.Input(1))),
        ImportRule.TfLite("GREATER", static c => c.AddOutput(0, new CompareOp(ComparisonKind.Greater), c.Input(0), c.Input(1))),
        ImportRule.TfLite("GREATER_EQUAL", static c => c.AddOutput(0, new CompareOp(ComparisonKind.GreaterOrEqual), c.Input(0), c.Input(1))),
        ImportRule.TfLite("LESS", static c => c.AddOutput(0, new CompareOp(ComparisonKind.Less), c.Input(0), c.Input(1))),
        ImportRule.TfLite("LESS_EQUAL", static c => c.AddOutput(0, new CompareOp(ComparisonKind.LessOrEqual), c.Input(0), c.Input(1))),
    ];

    public override string Name => "Compare";

    protected override int Operands => 2;

    /// <summary>True where the comparison holds for a difference of this sign.</summary>
    public bool Holds(int sign) => Kind switch
    {
        ComparisonKind.Equal => sign == 0,
        ComparisonKind.NotEqual => sign != 0,
        ComparisonKind.Greater => sign > 0,
        ComparisonKind.GreaterOrEqual => sign >= 0,
        ComparisonKind.Less => sign < 0,
        _ => sign <= 0,
    };

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        if (binding.Input(0).Quant is null)
        {
            var plan = new BroadcastPlan(binding.Input(0).Shape, binding.Input(1).Shape);
            ExactBinaryKernel exact = ExactBinaryKernel.Comparison(Holds, binding.Input(0).Type, plan) ?? throw binding.NotSupported($"{binding.Input(0).Type} elements cannot be compared");
            return new DelegateKernel((in FixedArguments a) => exact.Run(a.Input(0), a.Input(1), a.Output(0)));
        }

        var rows = new BroadcastPlan(binding.Input(0).Shape, binding.Input(1).Shape);
        FixedOperand x = FixedOperand.OfInput(binding, 0);
        FixedOperand y = FixedOperand.OfInput(binding, 1);
        if (x.Type != DataType.Int16 || y.Type != DataType.Int16)
        {
            throw binding.NotSupported($"{x.Type} and {y.Type} cannot be compared; Int16 can");
        }

        CommonUnit unit = CommonUnit.Of(x.Scale, y.Scale);
        byte[] answers = [.. new[] { -1, 0, 1 }.Select(s => (byte)(Holds(s) ? 1 : 0))];
        return new DelegateKernel((in FixedArguments a) =>
        {
            ReadOnlySpan<short> left = a.Input<short>(0);
            ReadOnlySpan<short> right = a.Input<short>(1);
            Span<byte> to = a.Output(0);
            for (int row = 0; row < rows.Rows; row++)
            {
                (int startA, int startB) = rows.Start(row);
                for (int i = 0; i < rows.Length; i++)
                {
                    to[(row * rows.Length) + i] = answers[1 + unit.Compare(left[startA + (i * rows.StepA)], right[startB + (i * rows.StepB)])];
                }
            }
        });
    }

    protected override DataType OutputType(DataType input) => DataType.Bool;

    protected override void Emit(OnnxEmitter emitter, string[] inputs, string output)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        if (Kind == ComparisonKind.NotEqual)
        {
            emitter.Add("Not", [emitter.Add("Equal", inputs, "equal")], [output]);
            return;
        }

        emitter.Add(Kind.ToString(), inputs, [output]);
    }
}
