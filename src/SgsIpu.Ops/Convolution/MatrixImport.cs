using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>How ONNX's <c>Gemm</c> and <c>MatMul</c> become fully connected layers (constant second matrix) or matrix products.</summary>
internal static class MatrixImport
{
    public static void Gemm(LiftContext c)
    {
        bool transA = c.Node.Bool("transA", false);
        bool transB = c.Node.Bool("transB", false);
        float alpha = c.Node.Float("alpha", 1);
        float beta = c.Node.Float("beta", 1);
        if (c.Spec(0).Shape.Rank != 2 || c.Spec(1).Shape.Rank != 2)
        {
            throw c.Error("OnnxShape", $"Gemm multiplies matrices of rank 2, found {c.Spec(0)} and {c.Spec(1)}");
        }

        bool hasC = c.HasInput(2) && beta != 0;
        if (c.Constant(1) is not { } b)
        {
            Steps(c, [(new BatchMatMulOp(transA, transB), c.Input(1)), .. Scaled(c, alpha), .. hasC ? Summand(c, beta) : []]);
            return;
        }

        string a = transA ? c.Add("turned", new TransposeOp([1, 0]), c.Input(0)) : c.Input(0);
        string weights = c.AddConstant(Scale(transB ? b : b.Transpose(1, 0), alpha), "weights");
        int outputs = c.SpecOf(weights).Shape[0];
        if (hasC && c.Constant(2) is { } bias && Vector(bias, outputs) is { } vector)
        {
            c.AddOutput(0, new FullyConnectedOp(), a, weights, c.AddConstant(Scale(vector, beta), "bias"));
            return;
        }

        if (!hasC)
        {
            c.AddOutput(0, new FullyConnectedOp(), a, weights);
            return;
        }

        string product = c.Add("product", new FullyConnectedOp(), a, weights);
        (IpuOperator add, string summand) = Summand(c, beta)[0];
        c.AddOutput(0, add, product, summand);
    }

    public static void MatMul(LiftContext c)
    {
        Shape a = c.Spec(0).Shape;
        Shape b = c.Spec(1).Shape;
        bool flat = b.Rank >= 2 && a.Rank >= b.Rank && b.Dimensions[..^2].All(d => d == 1);
        if (c.Constant(1) is { } constant && (flat || b.Rank == 2))
        {
            Tensor weights = constant.Reshape(new Shape(b[-2], b[-1])).Transpose(1, 0);
            c.AddOutput(0, new FullyConnectedOp(), c.Input(0), c.AddConstant(weights, "weights"));
            return;
        }

        if (a.Rank >= 2 && b.Rank >= 2)
        {
            c.AddOutput(0, new BatchMatMulOp(), c.Input(0), c.Input(1));
            return;
        }

        if (a.Rank == 0 || b.Rank == 0)
        {
            throw c.Error("MatrixRank", $"matrices and vectors are multiplied, found {c.Spec(0)} and {c.Spec(1)}");
        }

        // A vector is a row at the left and a column at the right; the result loses that dimension again.
        string left = a.Rank == 1 ? SpatialLayout.Reshaped(c, c.Input(0), new Shape(1, a[0]), "row") : c.Input(0);
        string right = b.Rank == 1 ? SpatialLayout.Reshaped(c, c.Input(1), new Shape(b[0], 1), "column") : c.Input(1);
        string product = c.Add("product", new BatchMatMulOp(), left, right);
        int[] sizes = [.. c.SpecOf(product).Shape];
        sizes = b.Rank == 1 ? sizes[..^1] : sizes;
        c.AddOutput(0, new ReshapeOp(new Shape(a.Rank == 1 ? [.. sizes[..^(b.Rank == 1 ? 1 : 2)], .. b.Rank == 1 ? [] : sizes[^1..]] : sizes)), product);
    }

    /// <summary>A chain of two-input operators that starts at input 0; the last one is the output.</summary>
    private static void Steps(LiftContext c, IReadOnlyList<(IpuOperator Op, string Second)> steps)
    {
        string value = c.Input(0);
        for (int i = 0; i < steps.Count - 1; i++)
        {
            value = c.Add("product", steps[i].Op, value, steps[i].Second);
        }

        c.AddOutput(0, steps[^1].Op, value, steps[^1].Second);
    }

    private static (IpuOperator, string)[] Scaled(LiftContext c, float factor) =>
        factor == 1 ? [] : [(new MulOp(), c.AddConstant(Tensor.Scalar(factor), "alpha"))];

    /// <summary>The addition of beta times input 2.</summary>
    private static (IpuOperator, string)[] Summand(LiftContext c, float beta)
    {
        string summand = c.Input(2);
        if (c.Constant(2) is { } constant)
        {
            summand = beta == 1 ? summand : c.AddConstant(Scale(constant, beta), "summand");
        }
        else if (beta != 1)
        {
            summand = c.Add("summand", new MulOp(), summand, c.AddConstant(Tensor.Scalar(beta), "beta"));
        }

        return [(new AddOp(), summand)];
    }

    private static Tensor Scale(Tensor tensor, float factor) =>
        factor == 1 ? tensor : Tensor.FromArray<float>([.. tensor.ToFloats().Select(v => v * factor)], tensor.Shape);

    /// <summary>The summand as a vector of one value for each output, or null where it differs between rows.</summary>
    private static Tensor? Vector(Tensor summand, int outputs)
    {
        if (summand.Shape.Dimensions.SkipLast(1).Any(d => d != 1) || summand.Count is var count && count != 1 && count != outputs)
        {
            return null;
        }

        float[] values = summand.ToFloats();
        return Tensor.FromArray(values.Length == outputs ? values : [.. Enumerable.Repeat(values[0], outputs)], outputs);
    }
}
