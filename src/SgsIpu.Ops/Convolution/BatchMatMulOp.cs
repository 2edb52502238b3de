using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

/// <summary>
/// Matrix product over the two innermost dimensions, a [..., M, K] times b [..., K, N] gives [..., M, N]; the outer dimensions broadcast.
/// </summary>
/// <param name="TransposeA">a is [..., K, M].</param>
/// <param name="TransposeB">b is [..., N, K].</param>
public sealed record BatchMatMulOp(bool TransposeA = false, bool TransposeB = false) : IpuOperator
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

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        TensorSpec a = binding.Input(0);
        TensorSpec b = binding.Input(1);
        int columns = Inner(b.Shape, TransposeB, 1);
        QuantParam quantB = FixedBinding.Quant(b);
        if (quantB.ZeroPoint != 0 || b.Type is not (DataType.Int16 or DataType.Int8) || (b.Type == DataType.Int8 && !b.IsConstant))
        {
            throw binding.NotSupported($"the second matrix '{b.Name}' is {b.Type} with zero point {quantB.ZeroPoint}; it is Int16 (or a constant of Int8) with zero point 0");
        }

        MatrixProduct product = MatrixProduct.Create(
            new MatrixProductSpec
            {
                M = Inner(a.Shape, TransposeA, 0),
                K = Inner(a.Shape, TransposeA, 1),
                N = columns,
                TransposeA = TransposeA,
                TransposeB = TransposeB,
                TypeA = a.Type,
                ZeroPointA = FixedConvolution.Activation(binding, a),
                Pairs = Pairs(a.Shape, b.Shape),
                Output = FixedConvolution.Output(binding, quantB, columns, new long[columns], float.NegativeInfinity, float.PositiveInfinity),
            },
            KernelForms.CurrentProduct);
        if (b.Type == DataType.Int8)
        {
            short[] constant = FixedConvolution.Weights(binding, a, b)();
            return new DelegateKernel((in FixedArguments r) => product.Run(r.Input(0), MemoryMarshal.AsBytes(constant.AsSpan()), r.Output(0), r.Threads));
        }

        return new DelegateKernel((in FixedArguments r) => product.Run(r.Input(0), r.Input(1), r.Output(0), r.Threads));
    }

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

    /// <summary>For each matrix of the output, the matrices of a and b that it is made from.</summary>
    private static (int A, int B)[] Pairs(Shape a, Shape b)
    {
        Shape batch = Batch(a, b)!.Value;
        var pairs = new (int, int)[batch.Count];
        var index = new int[batch.Rank];
        for (int i = 0; i < pairs.Length; i++)
        {
            pairs[i] = (Flat(a, index), Flat(b, index));
            for (int d = index.Length - 1; d >= 0 && ++index[d] == batch[d]; d--)
            {
                index[d] = 0;
            }
        }

        return pairs;
    }

    /// <summary>The matrix of a shape at a position of the broadcast outer dimensions.</summary>
    private static int Flat(Shape shape, int[] index)
    {
        int outer = shape.Rank - 2;
        int flat = 0;
        for (int d = 0; d < outer; d++)
        {
            int at = index[index.Length - outer + d];
            flat = (flat * shape[d]) + (shape[d] == 1 ? 0 : at);
        }

        return flat;
    }

    private static string Turned(OnnxEmitter emitter, string tensor, bool transposed)
    {
        if (!transposed)
        {
            return emitter.Native(tensor);
        }

        int[] permutation = [.. Enumerable.Range(0, emitter.Spec(tensor).Shape.Rank)];
        (permutation[^1], permutation[^2]) = (permutation[^2], permutation[^1]);
        return emitter.Transposed(tensor, tensor + "/turned", permutation);
    }
}
