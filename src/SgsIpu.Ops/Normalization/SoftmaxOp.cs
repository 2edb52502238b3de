using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Softmax;

namespace SgsIpu.Ops;

/// <summary>e^(x − max) / Σ e^(x − max) along one dimension.</summary>
/// <param name="Axis">The dimension; negative counts from the end.</param>
public sealed record SoftmaxOp(int Axis = -1) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
        [ImportRule.Onnx("Softmax", static c => SoftmaxImport.Lift(c, static axis => new SoftmaxOp(axis)))];

    public override string Name => "Softmax";

    public override ImmutableArray<Constraint> Constraints => [ConvolutionConstraints.TensorSize, SoftmaxImport.Length(Axis)];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        TensorSpec x = inputs[0]!;
        return Axis >= -x.Shape.Rank && Axis < x.Shape.Rank
            ? [new TensorType(x.Type, x.Shape)]
            : throw Mismatch($"axis {Axis} is outside the {x.Shape.Rank} dimensions of {x}");
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        int axis = emitter.Spec(node.Inputs[0]).Shape.Axis(Axis);
        if (emitter.LivesChannelsFirst(node.Inputs[0]))
        {
            emitter.Add("Softmax", [emitter.ChannelsFirst(node.Inputs[0])], [emitter.DefineChannelsFirst(node.Outputs[0])], ("axis", (long)ReduceOp.ChannelsFirstAxis(axis)));
            return;
        }

        emitter.Add("Softmax", [emitter.Native(node.Inputs[0])], [emitter.DefineNative(node.Outputs[0])], ("axis", (long)axis));
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.General() with { OutputRange = (0, 1), Chooses = true };

    public override ImmutableArray<Tensor> BuildTables(FixedBinding binding) => [SoftmaxKernel.BuildTable(FixedOperand.OfInput(binding, 0).Scale)];

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        FixedOperand x = FixedOperand.OfInput(binding, 0);
        FixedOperand y = FixedOperand.OfOutput(binding);
        Tensor table = binding.OptionalInput(1)?.Constant ?? throw binding.NotSupported("the table is missing");
        var kernel = new SoftmaxKernel(x.Type, y.Type, y.Range, y.Scale, table);
        int axis = x.Shape.Axis(Axis);
        (int outer, int length, int inner) = x.Shape.Around(axis);
        return new DelegateKernel((in FixedArguments a) => kernel.Run(a.Input(0), a.Output(0), outer, length, inner, a.Threads));
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    public override IpuOperator? Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return new SoftmaxOp(permutation[inputs[0]!.Shape.Axis(Axis)]);
    }
}
