using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Exact;

namespace SgsIpu.Ops;

/// <summary>The quotient toward −∞, with NumPy broadcasting.</summary>
public sealed record FloorDivOp : ElementwiseOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.TensorFlow("FloorDiv", static c => c.AddOutput(0, new FloorDivOp(), c.Input(0), c.Input(1))),
        ImportRule.TfLite("FLOOR_DIV", static c => c.AddOutput(0, new FloorDivOp(), c.Input(0), c.Input(1))),
    ];

    public override string Name => "FloorDiv";

    protected override int Operands => 2;

    /// <summary>Of quantized numbers in their common unit; a division by 0 gives 0.</summary>
    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        return binding.Input(0).Quant is null
            ? ExactElementwise.Prepare(binding, ExactOperation.FloorDivide)
            : WholeDivision.Prepare(binding, WholeDivision.FloorQuotient, quotient: true);
    }

    /// <summary>(a − (a mod b)) / b: exact on integers, and on reals the quotient is a whole number already.</summary>
    protected override void Emit(OnnxEmitter emitter, string[] inputs, string output)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(inputs);
        string rest = emitter.Add("Mod", inputs, "rest", ("fmod", 1L));
        string sum = emitter.Add("Add", [rest, inputs[1]], "sum");
        string positive = emitter.Add("Mod", [sum, inputs[1]], "floor_rest", ("fmod", 1L));
        string whole = emitter.Add("Sub", [inputs[0], positive], "whole");
        emitter.Add("Div", [whole, inputs[1]], [output]);
    }
}
