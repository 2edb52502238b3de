using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Takes an element of the second input where the first (BOOL) is true, of the third elsewhere, with NumPy broadcasting.</summary>
public sealed record WhereOp : ElementwiseOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Where", static c => c.AddOutput(0, new WhereOp(), c.Input(0), c.Input(1), c.Input(2))),
        ImportRule.TensorFlow("SelectV2", static c => c.AddOutput(0, new WhereOp(), c.Input(0), c.Input(1), c.Input(2))),
        ImportRule.TensorFlow("Select", LiftFirstDimension),
        ImportRule.TfLite("SELECT_V2", static c => c.AddOutput(0, new WhereOp(), c.Input(0), c.Input(1), c.Input(2))),
        ImportRule.TfLite("SELECT", LiftFirstDimension),
    ];

    public override string Name => "Where";

    protected override int Operands => 3;

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        TensorType[] result = base.InferOutputs(inputs);
        return inputs[0]!.Type == DataType.Bool && inputs[1]!.Type == inputs[2]!.Type
            ? [result[0] with { Type = inputs[1]!.Type }]
            : throw Mismatch($"chooses by {inputs[0]} between {inputs[1]} and {inputs[2]}; a Bool tensor and two of one type are needed");
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return inputs[1]!.Type.IsFloat() ? new QuantRule(QuantClass.Preserving) { Activations = [1, 2] } : QuantRule.Index();
    }

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        Shape shape = binding.Output.Shape;
        int width = binding.Output.Type.Bits() / 8;
        int[][] steps = [.. Enumerable.Range(0, 3).Select(i => Steps(binding.Input(i).Shape, shape))];
        return new DelegateKernel((in FixedArguments a) =>
        {
            ReadOnlySpan<byte> condition = a.Input(0);
            ReadOnlySpan<byte> yes = a.Input(1);
            ReadOnlySpan<byte> no = a.Input(2);
            Span<byte> y = a.Output(0);
            Span<int> index = stackalloc int[Math.Max(1, shape.Rank)];
            index.Clear();
            (int c, int p, int n) = (0, 0, 0);
            for (int o = 0; o < y.Length; o += width)
            {
                (condition[c] != 0 ? yes.Slice(p * width, width) : no.Slice(n * width, width)).CopyTo(y[o..]);
                for (int d = shape.Rank - 1; d >= 0; d--)
                {
                    (c, p, n) = (c + steps[0][d], p + steps[1][d], n + steps[2][d]);
                    if (++index[d] < shape[d])
                    {
                        break;
                    }

                    index[d] = 0;
                    (c, p, n) = (c - (steps[0][d] * shape[d]), p - (steps[1][d] * shape[d]), n - (steps[2][d] * shape[d]));
                }
            }
        });
    }

    protected override void Emit(OnnxEmitter emitter, string[] inputs, string output)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        emitter.Add("Where", inputs, [output]);
    }

    /// <summary>The older form of TensorFlow: a condition of rank 1 is about the first dimension.</summary>
    private static void LiftFirstDimension(LiftContext c)
    {
        Shape condition = c.Spec(0).Shape;
        int rank = c.Spec(1).Shape.Rank;
        string chosen = condition.Rank == 1 && rank > 1
            ? c.Add("aligned", new ReshapeOp(new Shape([condition[0], .. Enumerable.Repeat(1, rank - 1)])), c.Input(0))
            : c.Input(0);
        c.AddOutput(0, new WhereOp(), chosen, c.Input(1), c.Input(2));
    }

    /// <summary>Elements between neighbours along each dimension of the output; 0 where the operand stands still.</summary>
    private static int[] Steps(Shape operand, Shape output)
    {
        int[] strides = operand.Strides();
        var steps = new int[output.Rank];
        for (int i = 1; i <= operand.Rank; i++)
        {
            steps[^i] = operand[-i] == 1 ? 0 : strides[^i];
        }

        return steps;
    }
}
