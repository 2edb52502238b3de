using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Exact;

namespace SgsIpu.Ops;

/// <summary>What a whole division leaves, with NumPy broadcasting.</summary>
/// <param name="Truncated">True for the sign of the dividend (C's fmod), false for that of the divisor (Python's %).</param>
public sealed record ModOp(bool Truncated) : ElementwiseOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Mod", static c => c.AddOutput(0, new ModOp(c.Node.Int("fmod", 0) != 0), c.Input(0), c.Input(1))),
        ImportRule.TensorFlow("FloorMod", static c => c.AddOutput(0, new ModOp(false), c.Input(0), c.Input(1))),
        ImportRule.TensorFlow("Mod", static c => c.AddOutput(0, new ModOp(true), c.Input(0), c.Input(1))),
        ImportRule.TfLite("FLOOR_MOD", static c => c.AddOutput(0, new ModOp(false), c.Input(0), c.Input(1))),
    ];

    public override string Name => "Mod";

    protected override int Operands => 2;

    /// <summary>Of quantized numbers in their common unit; of a division by 0 it is 0.</summary>
    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        if (binding.Input(0).Quant is null)
        {
            return ExactElementwise.Prepare(binding, Truncated ? ExactOperation.Remainder : ExactOperation.FloorRemainder);
        }

        return WholeDivision.Prepare(binding, Truncated ? WholeDivision.Remainder : WholeDivision.FloorRemainder, quotient: false);
    }

    protected override void Emit(OnnxEmitter emitter, string[] inputs, string output) => Emit(emitter, inputs, output, DataType.Float32);

    protected override void Emit(OnnxEmitter emitter, string[] inputs, string output, DataType type)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(inputs);
        if (Truncated || !type.IsFloat())
        {
            emitter.Add("Mod", inputs, [output], ("fmod", Truncated ? 1L : 0L));
            return;
        }

        // ONNX has Python's remainder for integers only: fmod, and the divisor once more where the signs differ.
        string rest = emitter.Add("Mod", inputs, "rest", ("fmod", 1L));
        string sum = emitter.Add("Add", [rest, inputs[1]], "sum");
        emitter.Add("Mod", [sum, inputs[1]], [output], ("fmod", 1L));
    }
}
