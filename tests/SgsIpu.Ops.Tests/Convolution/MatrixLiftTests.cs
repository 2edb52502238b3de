using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

/// <summary>Matrix products of all ranks as lifted, against ONNX Runtime.</summary>
public sealed class MatrixLiftTests
{
    [Theory]
    [InlineData(new[] { 4 }, new[] { 4 })]
    [InlineData(new[] { 4 }, new[] { 4, 3 })]
    [InlineData(new[] { 4 }, new[] { 2, 4, 3 })]
    [InlineData(new[] { 5, 4 }, new[] { 4 })]
    [InlineData(new[] { 2, 5, 4 }, new[] { 4 })]
    [InlineData(new[] { 5, 4 }, new[] { 2, 4, 3 })]
    [InlineData(new[] { 2, 1, 5, 4 }, new[] { 3, 4, 2 })]
    public void MatricesAndVectors(int[] a, int[] b)
    {
        new LiftHarness("MatMul", 13).Input(Samples.Uniform(1, -1, 1, a)).Input(Samples.Uniform(2, -1, 1, b)).AssertSame(1e-5);
        new LiftHarness("MatMul", 13).Input(Samples.Uniform(1, -1, 1, a)).Constant(Samples.Uniform(2, -1, 1, b)).AssertSame(1e-5);
        new LiftHarness("MatMul", 13).Constant(Samples.Uniform(1, -1, 1, a)).Input(Samples.Uniform(2, -1, 1, b)).AssertSame(1e-5);
    }

    [Theory]
    [InlineData(false, false, 1f, 1f)]
    [InlineData(true, false, 0.5f, 2f)]
    [InlineData(false, true, 2f, 0f)]
    [InlineData(true, true, 1f, 0.5f)]
    public void GeneralProducts(bool transA, bool transB, float alpha, float beta)
    {
        int[] a = transA ? [4, 3] : [3, 4];
        int[] b = transB ? [5, 4] : [4, 5];
        foreach (int[] shape in (int[][])[[5], [3, 5], [3, 1], [1], []])
        {
            foreach (bool constant in (bool[])[true, false])
            {
                LiftHarness node = new LiftHarness("Gemm", 13).Input(Samples.Uniform(1, -1, 1, a))
                    .Attribute("transA", transA ? 1L : 0L).Attribute("transB", transB ? 1L : 0L).Attribute("alpha", alpha).Attribute("beta", beta);
                Tensor second = Samples.Uniform(2, -1, 1, b);
                Tensor third = Samples.Uniform(3, -1, 1, shape);
                _ = constant ? node.Constant(second).Constant(third) : node.Input(second).Input(third);
                node.AssertSame(1e-5);
            }
        }
    }
}
