using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// Matrix product over the two innermost dimensions, a [..., M, K] times b [..., K, N] gives [..., M, N]; the outer dimensions broadcast.
/// </summary>
/// <param name="TransposeA">a is [..., K, M].</param>
/// <param name="TransposeB">b is [..., N, K].</param>
public sealed partial record BatchMatMulOp(bool TransposeA = false, bool TransposeB = false) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Onnx("MatMul", MatrixImport.MatMul)];

    public override string Name => "BatchMatMul";

    public override ImmutableArray<Constraint> Constraints => [ConvolutionConstraints.TensorSize];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.Count != 2 || inputs[0] is not { } a || inputs[1] is not { } b)
        {
            throw Mismatch($"needs two matrices, found {inputs.Count} inputs");
        }

        if (a.Shape.Rank < 2 || b.Shape.Rank < 2 || Inner(a.Shape, TransposeA, 1) != Inner(b.Shape, TransposeB, 0) || Batch(a.Shape, b.Shape) is not { } batch)
        {
            throw Mismatch($"the matrices cannot be multiplied: {a}{(TransposeA ? " transposed" : "")} and {b}{(TransposeB ? " transposed" : "")}");
        }

        return [new TensorType(a.Type, new Shape([.. batch, Inner(a.Shape, TransposeA, 0), Inner(b.Shape, TransposeB, 1)]))];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        string a = Turned(emitter, node.Inputs[0], TransposeA);
        string b = Turned(emitter, node.Inputs[1], TransposeB);
        emitter.Add("MatMul", [a, b], [emitter.DefineNative(node.Outputs[0])]);
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return inputs[1] is { IsConstant: true } b
            ? new QuantRule(QuantClass.Convolution) { Weight = 1, WeightAxis = b.Shape.Rank - (TransposeB ? 2 : 1) }
            : new QuantRule(QuantClass.Convolution) { Activations = [0, 1] };
    }

    public override FixedKernel PrepareFixed(FixedBinding binding) => throw binding.NotSupported("the matrix product has no fixed-point form");

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        return OperatorCost.Of(inputs, outputs, outputs[0].Shape.Count * Inner(inputs[0]!.Shape, TransposeA, 1));
    }

    /// <summary>A permutation of the outer dimensions alone passes through, where both operands have all of them.</summary>
    public override IpuOperator? Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        int rank = permutation.Length;
        bool outer = rank > 2 && permutation[^1] == rank - 1 && permutation[^2] == rank - 2;
        return outer && inputs.All(i => i!.Shape.Rank == rank) ? this : null;
    }

    /// <summary>Rows (0) or columns (1) of the matrices of a shape.</summary>
    private static int Inner(Shape shape, bool transposed, int dimension) => shape[(dimension == 0) ^ transposed ? -2 : -1];

    private static Shape? Batch(Shape a, Shape b) => Shape.Broadcast(new Shape(a.AsSpan()[..^2]), new Shape(b.AsSpan()[..^2]));

    private static string Turned(OnnxEmitter emitter, string tensor, bool transposed)
    {
        if (!transposed)
        {
            return emitter.Native(tensor);
        }

        int[] permutation = [.. Enumerable.Range(0, emitter.Spec(tensor).Shape.Rank)];
        (permutation[^1], permutation[^2]) = (permutation[^2], permutation[^1]);
        return emitter.Spec(tensor).Constant is { } constant
            ? emitter.Constant(constant.Transpose(permutation), tensor + "/turned")
            : emitter.Add("Transpose", [emitter.Native(tensor)], tensor + "/turned", ("perm", OnnxEmitter.Longs(permutation)));
    }
}
