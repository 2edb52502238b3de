using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

/// <summary>Einstein sums as lifted, against ONNX Runtime.</summary>
public sealed class EinsumTests
{
    [Theory]
    [InlineData("ij,jk->ik", new[] { 3, 4 }, new[] { 4, 5 })]
    [InlineData("bij,bjk->bik", new[] { 2, 3, 4 }, new[] { 2, 4, 5 })]
    [InlineData("bhid,bhjd->bhij", new[] { 2, 2, 3, 4 }, new[] { 2, 2, 5, 4 })]
    [InlineData("bhij,bhjd->bihd", new[] { 2, 2, 3, 5 }, new[] { 2, 2, 5, 4 })]
    [InlineData("...ij,...jk->...ik", new[] { 2, 1, 4, 5 }, new[] { 2, 3, 5, 2 })]
    [InlineData("i,j->ij", new[] { 3 }, new[] { 4 })]
    [InlineData("i,i->", new[] { 4 }, new[] { 4 })]
    [InlineData("ij,ij->ij", new[] { 3, 4 }, new[] { 3, 4 })]
    [InlineData("ij,ij->j", new[] { 3, 4 }, new[] { 3, 4 })]
    [InlineData("ijk,jl->il", new[] { 3, 4, 2 }, new[] { 4, 5 })]
    [InlineData("nchw,cd->ndhw", new[] { 2, 3, 4, 5 }, new[] { 3, 6 })]
    [InlineData("ba,cb", new[] { 3, 4 }, new[] { 5, 3 })]
    public void TwoOperands(string equation, int[] a, int[] b)
    {
        new LiftHarness("Einsum", 12).Input(Samples.Uniform(1, -1, 1, a)).Input(Samples.Uniform(2, -1, 1, b)).Attribute("equation", equation).AssertSame(1e-5);
        new LiftHarness("Einsum", 12).Input(Samples.Uniform(1, -1, 1, a)).Constant(Samples.Uniform(2, -1, 1, b)).Attribute("equation", equation).AssertSame(1e-5);
    }

    [Theory]
    [InlineData("ij->ji")]
    [InlineData("ij->i")]
    [InlineData("ij->")]
    [InlineData("ba")]
    [InlineData("...j->j...")]
    public void OneOperand(string equation) => new LiftHarness("Einsum", 12).Input(Samples.Uniform(3, -1, 1, 3, 4)).Attribute("equation", equation).AssertSame(1e-5);

    [Theory]
    [InlineData("ii->i")]
    [InlineData("ii->")]
    [InlineData("iij->ji")]
    [InlineData("...ii->...i")]
    public void Diagonals(string equation) => new LiftHarness("Einsum", 12).Input(Samples.Uniform(3, -1, 1, equation.Contains('j', StringComparison.Ordinal) ? [3, 3, 4] : equation[0] == '.' ? [2, 3, 3] : [3, 3])).Attribute("equation", equation).AssertSame(1e-5);

    [Fact]
    public void ThreeOperands() =>
        new LiftHarness("Einsum", 12).Input(Samples.Uniform(1, -1, 1, 2, 3)).Input(Samples.Uniform(2, -1, 1, 3, 4)).Input(Samples.Uniform(3, -1, 1, 4, 5)).Attribute("equation", "ij,jk,kl->li").AssertSame(1e-5);

    [Theory]
    [InlineData("ij->k", "EinsumEquation")]
    [InlineData("ij->ii", "EinsumEquation")]
    [InlineData("ijk->i", "EinsumEquation")]
    [InlineData("ij,jk->ik", "EinsumEquation")]
    public void WhatIsNoSumIsRefused(string equation, string error) =>
        Assert.Equal(error, Assert.Throws<IpuException>(() => new LiftHarness("Einsum", 12).Input(Samples.Uniform(1, -1, 1, 3, 3)).Attribute("equation", equation).Lift()).ErrorId);
}
