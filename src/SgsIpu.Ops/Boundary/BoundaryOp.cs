using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>An operator that only quantizing makes: it changes how numbers are written, not which.</summary>
/// <param name="To">Element type of the output.</param>
public abstract record BoundaryOp(DataType To) : IpuOperator
{
    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return inputs is [{ } x, ..] ? [new TensorType(To, x.Shape)] : throw Mismatch("needs one input");
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        string[] inputs = emitter.Elementwise(node, out string output);
        emitter.Add("Identity", inputs, [output]);
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Index();

    public override long? InputRows(int rows, IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => rows;

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);
}
