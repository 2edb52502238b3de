using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;
using SgsIpu.Kernels.Exact;

namespace SgsIpu.Ops;

/// <summary>And, or, exclusive or of BOOL tensors, with NumPy broadcasting.</summary>
public sealed record LogicOp(LogicKind Kind) : ElementwiseOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        .. Enum.GetValues<LogicKind>().Select(k => ImportRule.Onnx(k.ToString(), c => c.AddOutput(0, new LogicOp(k), c.Input(0), c.Input(1)))),
        ImportRule.TensorFlow("LogicalAnd", static c => c.AddOutput(0, new LogicOp(LogicKind.And), c.Input(0), c.Input(1))),
        ImportRule.TensorFlow("LogicalOr", static c => c.AddOutput(0, new LogicOp(LogicKind.Or), c.Input(0), c.Input(1))),
        ImportRule.TfLite("LOGICAL_AND", static c => c.AddOutput(0, new LogicOp(LogicKind.And), c.Input(0), c.Input(1))),
        ImportRule.TfLite("LOGICAL_OR", static c => c.AddOutput(0, new LogicOp(LogicKind.Or), c.Input(0), c.Input(1))),
    ];

    public override string Name => "Logic";

    protected override int Operands => 2;

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        TensorType[] result = base.InferOutputs(inputs);
        return inputs[0]!.Type == DataType.Bool && inputs[1]!.Type == DataType.Bool ? result : throw Mismatch($"joins Bool tensors, found {inputs[0]} and {inputs[1]}");
    }

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        ExactOperation operation = Kind switch { LogicKind.And => ExactOperation.And, LogicKind.Or => ExactOperation.Or, _ => ExactOperation.Xor };
        return ExactElementwise.Prepare(binding, operation);
    }

    protected override void Emit(OnnxEmitter emitter, string[] inputs, string output)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        emitter.Add(Kind.ToString(), inputs, [output]);
    }
}
