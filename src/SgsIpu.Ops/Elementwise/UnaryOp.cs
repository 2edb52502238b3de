using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>An element-wise operator of one input. Sections of one file a function; the shared parts are here.</summary>
public abstract record UnaryOp : ElementwiseOp
{
    protected sealed override int Operands => 1;

    /// <summary>The range of the function where it is bounded, else null.</summary>
    protected virtual (double Min, double Max)? OutputRange => null;

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => base.Quantize(inputs) with { OutputRange = OutputRange };

    protected sealed override void Emit(OnnxEmitter emitter, string[] inputs, string output)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        Emit(emitter, inputs[0], output);
    }

    /// <summary>Emits the ONNX nodes that compute <paramref name="y"/> from <paramref name="x"/>.</summary>
    protected abstract void Emit(OnnxEmitter emitter, string x, string y);
}
