using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Exact;

namespace SgsIpu.Ops;

/// <summary>The bits of unsigned integers moved by as many places as the second input says.</summary>
/// <param name="Right">True toward the least bit.</param>
public sealed record BitShiftOp(bool Right) : ElementwiseOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("BitShift", static c => c.AddOutput(0, new BitShiftOp(c.Node.String("direction", "") == "RIGHT"), c.Input(0), c.Input(1))),
    ];

    public override string Name => "BitShift";

    protected override int Operands => 2;

    public override FixedKernel PrepareFixed(FixedBinding binding) => ExactElementwise.Prepare(binding, Right ? ExactOperation.ShiftRight : ExactOperation.ShiftLeft);

    protected override void Emit(OnnxEmitter emitter, string[] inputs, string output)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        emitter.Add("BitShift", inputs, [output], ("direction", Right ? "RIGHT" : "LEFT"));
    }

    /// <summary>ONNX Runtime shifts no 16 bits: they go through 32, and what is above is cut off on the way back.</summary>
    protected override void Emit(OnnxEmitter emitter, string[] inputs, string output, DataType type)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(inputs);
        if (type == DataType.UInt8)
        {
            Emit(emitter, inputs, output);
            return;
        }

        const long UInt32 = 12;
        string shifted = emitter.Add("BitShift", inputs.Select(i => emitter.Add("Cast", [i], "wide", ("to", UInt32))), "shifted", ("direction", Right ? "RIGHT" : "LEFT"));
        emitter.Add("Cast", [shifted], [output], ("to", CastOp.ToOnnx(type)));
    }
}
