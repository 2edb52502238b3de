using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>The opposite of a BOOL tensor.</summary>
public sealed record NotOp : ElementwiseOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Not", static c => c.AddOutput(0, new NotOp(), c.Input(0))),
        ImportRule.TensorFlow("LogicalNot", static c => c.AddOutput(0, new NotOp(), c.Input(0))),
        ImportRule.TfLite("LOGICAL_NOT", static c => c.AddOutput(0, new NotOp(), c.Input(0))),
    ];

    public override string Name => "Not";

    protected override int Operands => 1;

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        TensorType[] result = base.InferOutputs(inputs);
        return inputs[0]!.Type == DataType.Bool ? result : throw Mismatch($"takes a Bool tensor, found {inputs[0]}");
    }

    public override FixedKernel PrepareFixed(FixedBinding binding) => new DelegateKernel(static (in FixedArguments a) =>
    {
        ReadOnlySpan<byte> x = a.Input(0);
        Span<byte> y = a.Output(0);
        for (int i = 0; i < y.Length; i++)
        {
            y[i] = (byte)(x[i] ^ 1);
        }
    });

    protected override void Emit(OnnxEmitter emitter, string[] inputs, string output)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        emitter.Add("Not", inputs, [output]);
    }
}
