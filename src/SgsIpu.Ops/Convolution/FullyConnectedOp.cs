using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

/// <summary>
/// Matrix product along the innermost dimension: x [..., I] times weights [O, I], plus an optional bias [O], gives [..., O], clamped to
/// the fused activation.
/// </summary>
public sealed record FullyConnectedOp : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Onnx("Gemm", MatrixImport.Gemm)];

    /// <summary>Lower bound of the fused activation; −∞ where there is none.</summary>
    public float ActivationMin { get; init; } = float.NegativeInfinity;

    /// <summary>Upper bound of the fused activation; +∞ where there is none.</summary>
    public float ActivationMax { get; init; } = float.PositiveInfinity;

    public override string Name => "FullyConnected";

    public override ImmutableArray<Constraint> Constraints =>
    [
        ConvolutionConstraints.ConstantWeights,
        ConvolutionConstraints.TensorSize,
        ConvolutionConstraints.WeightVolume,
    ];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.Count is < 2 or > 3 || inputs[0] is not { } x || inputs[1] is not { } weights)
        {
            throw Mismatch($"needs an input, weights and optionally a bias, found {inputs.Count} inputs");
        }

        if (x.Shape.Rank < 1 || weights.Shape.Rank != 2 || x.Shape[-1] != weights.Shape[1])
        {
            throw Mismatch($"weights are [outputs, innermost dimension of the input], found {weights} for {x}");
        }

        if (inputs.Count == 3 && inputs[2] is { } bias && bias.Shape != new Shape(weights.Shape[0]))
        {
            throw Mismatch($"the bias has one value for each of the {weights.Shape[0]} outputs, found {bias}");
        }

        return [new TensorType(x.Type, x.Shape.With(-1, weights.Shape[0]))];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        TensorSpec weights = emitter.Spec(node.Inputs[1]);
        bool biased = node.Inputs.Length > 2 && node.Inputs[2].Length > 0;
        string x = node.Inputs[0];
        if (emitter.LivesChannelsFirst(x))
        {
            // Over the channels of an image that lives channels-first this is a 1×1 convolution.
            var pointwise = new Shape(weights.Shape[0], weights.Shape[1], 1, 1);
            string kernel = weights.Constant is { } constant
                ? emitter.Constant(constant.Reshape(pointwise), node.Inputs[1])
                : emitter.Add("Reshape", [emitter.Native(node.Inputs[1]), emitter.Constant(OnnxEmitter.Longs(pointwise), "shape")], node.Inputs[1]);
            string[] inputs = biased ? [emitter.ChannelsFirst(x), kernel, emitter.Native(node.Inputs[2])] : [emitter.ChannelsFirst(x), kernel];
            FusedActivation.Emit(emitter, "Conv", inputs, emitter.DefineChannelsFirst(node.Outputs[0]), ActivationMin, ActivationMax);
            return;
        }

        if (emitter.Spec(x).Shape.Rank == 2)
        {
            string[] inputs = biased
                ? [emitter.Native(x), emitter.Native(node.Inputs[1]), emitter.Native(node.Inputs[2])]
                : [emitter.Native(x), emitter.Native(node.Inputs[1])];
            FusedActivation.Emit(emitter, "Gemm", inputs, emitter.DefineNative(node.Outputs[0]), ActivationMin, ActivationMax, ("transB", 1L));
            return;
        }

        string[] product = [emitter.Native(x), emitter.Transposed(node.Inputs[1], node.Inputs[1] + "/io", 1, 0)];
        string output = emitter.DefineNative(node.Outputs[0]);
        if (biased)
        {
            product = [emitter.Add("MatMul", product, output + "/product"), emitter.Native(node.Inputs[2])];
        }

        FusedActivation.Emit(emitter, biased ? "Add" : "MatMul", product, output, ActivationMin, ActivationMax);
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Convolution(weightAxis: 0);

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        TensorSpec x = binding.Input(0);
        TensorSpec weights = binding.Input(1);
        int rows = checked((int)(x.Shape.Count / Math.Max(1, x.Shape[-1])));
        Func<short[]> values = FixedConvolution.Weights(binding, x, weights);
        var spec = new ConvolutionSpec
        {
            Height = 1,
            Width = rows,
            Channels = x.Shape[-1],
            OutHeight = 1,
            OutWidth = rows,
            InputType = x.Type,
            InputZeroPoint = FixedConvolution.Activation(binding, x),
            Weights = [],
            Output = FixedConvolution.Output(binding, weights.Shape[0], ActivationMin, ActivationMax),
        };
        return FixedConvolution.Kernel(spec, values);
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        return OperatorCost.Of(inputs, outputs, outputs[0].Shape.Count * inputs[1]!.Shape[1]);
    }

    /// <summary>The product works along the innermost dimension and does not see how the others are ordered.</summary>
    public override IpuOperator? Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs) =>
        permutation[^1] == permutation.Length - 1 ? this : null;
}
