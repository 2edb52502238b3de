using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Lut;

namespace SgsIpu.Ops;

/// <summary>
/// A one-input function that the fixed-point form reads from a table: direct for UINT8 inputs, interpolated in integers for INT16. A
/// derived operator states the function and its ONNX form.
/// </summary>
public abstract record UnaryFunctionOp : UnaryOp
{
    /// <summary>The sigmoid curve that the function is made of, so that a short table serves every scale; null where there is none.</summary>
    public virtual SigmoidCurve? Curve => null;

    /// <summary>The function in double precision; tables are made from it.</summary>
    public abstract double Evaluate(double x);

    public override bool TakesChannelScales(IReadOnlyList<TensorSpec?> inputs) => Curve is not null;

    public override ImmutableArray<Tensor> BuildTables(FixedBinding binding) => FunctionTables.Build(binding, Evaluate, Curve);

    public override FixedKernel PrepareFixed(FixedBinding binding) => FunctionTables.Prepare(binding, Curve);
}
