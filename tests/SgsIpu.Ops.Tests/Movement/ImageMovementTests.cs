using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

/// <summary>Crops, columns and affine grids as lifted.</summary>
public sealed class ImageMovementTests
{
    [Theory]
    [InlineData(new long[] { 6, 3 })]
    [InlineData(new long[] { 3, 6 })]
    [InlineData(new long[] { 5, 4 })]
    public void CropsAndPadsAreCentred(long[] wanted)
    {
        LiftHarness node = new LiftHarness("CenterCropPad", 18).Input(Samples.Uniform(1, 1, 2, 2, 5, 4)).Constant(Tensor.FromArray<long>(wanted, 2)).Attribute("axes", (long[])[1, 2]);
        node.AssertSame();
    }

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(2, 1, 1)]
    [InlineData(1, 2, 1)]
    [InlineData(3, 1, 0)]
    public void ColumnsAddUpToAnImage(int stride, int dilation, int pad)
    {
        int[] image = [7, 8];
        int[] block = [2, 3];
        int[] steps = [.. Enumerable.Range(0, 2).Select(d => ((image[d] + (2 * pad) - (dilation * (block[d] - 1)) - 1) / stride) + 1)];
        Tensor x = Samples.Uniform(stride, -1, 1, 2, 3 * 6, steps[0] * steps[1]);
        new LiftHarness("Col2Im", 18).Input(x).Constant(Tensor.FromArray<long>([7, 8], 2)).Constant(Tensor.FromArray<long>([2, 3], 2))
            .Attribute("strides", (long[])[stride, stride]).Attribute("dilations", (long[])[dilation, dilation]).Attribute("pads", (long[])[pad, pad, pad, pad])
            .AssertSame(1e-5);
    }

    [Theory]
    [InlineData(new long[] { 2, 3, 4, 5 }, false)]
    [InlineData(new long[] { 2, 3, 4, 5 }, true)]
    [InlineData(new long[] { 1, 3, 2, 4, 5 }, true)]
    [InlineData(new long[] { 1, 3, 2, 4, 5 }, false)]
    public void PlacesAreTransformed(long[] size, bool align)
    {
        int rank = size.Length - 2;
        new LiftHarness("AffineGrid", 20).Input(Samples.Uniform(rank, -1, 1, (int)size[0], rank, rank + 1)).Constant(Tensor.FromArray<long>(size, size.Length))
            .Attribute("align_corners", align ? 1L : 0L).AssertSame(1e-5);
    }

    [Fact]
    public void ADeformableConvolutionIsRefusedWithTheReason()
    {
        LiftHarness node = new LiftHarness("DeformConv", 19).Input(Samples.Uniform(1, 0, 1, 1, 1, 3, 3)).Constant(Samples.Uniform(2, 0, 1, 1, 1, 2, 2)).Input(Samples.Uniform(3, 0, 1, 1, 8, 2, 2));
        IpuException error = Assert.Throws<IpuException>(node.Lift);
        Assert.Equal("DeformableConvolution", error.ErrorId);
        Assert.Contains("depend on the data", error.Message, StringComparison.Ordinal);
    }
}
