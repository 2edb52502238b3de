using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// An operator that works element by element, with NumPy broadcasting between its inputs. Its result does not depend on the order of
/// dimensions, so transposes move through it freely.
/// </summary>
public abstract record ElementwiseOp : IpuOperator
{
    public override ImmutableArray<Constraint> Constraints => [];

    /// <summary>Number of inputs that are broadcast against each other; tables may follow them.</summary>
    protected abstract int Operands { get; }

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.Count < Operands || inputs.Take(Operands).Any(i => i is null))
        {
            throw Mismatch($"takes {Operands} inputs, {inputs.Count(i => i is not null)} are given");
        }

        Shape shape = inputs[0]!.Shape;
        for (int i = 1; i < Operands; i++)
        {
            shape = Shape.Broadcast(shape, inputs[i]!.Shape)
                ?? throw Mismatch($"{inputs[0]} and {inputs[i]} do not broadcast: sizes must be equal or 1, counted from the last dimension");
        }

        return [new TensorType(OutputType(inputs[0]!.Type), shape)];
    }

    public sealed override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        string[] inputs = emitter.Elementwise(node, out string output);
        Emit(emitter, inputs, output, emitter.Spec(node.Inputs[0]).Type);
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return inputs.Take(Operands).All(i => i is not null && !i.Type.IsFloat())
            ? QuantRule.Index()
            : QuantRule.General(Operands);
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    public override long? InputRows(int rows, IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => rows;

    public override IEnumerable<int> Overwritable(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) =>
        Enumerable.Range(0, Operands).Where(i => inputs[i]!.Shape.Count == outputs[0].Shape.Count);

    public override IpuOperator? Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs) => this;

    protected virtual DataType OutputType(DataType input) => input;

    /// <summary>As below, for operators whose ONNX form depends on the type of the first operand.</summary>
    protected virtual void Emit(OnnxEmitter emitter, string[] inputs, string output, DataType type) => Emit(emitter, inputs, output);

    /// <summary>Emits the ONNX nodes that compute <paramref name="output"/>.</summary>
    protected abstract void Emit(OnnxEmitter emitter, string[] inputs, string output);
}
