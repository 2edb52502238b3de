using SgsIpu.Core;

namespace SgsIpu.Ops.Tests.Detection;

/// <summary>Poolings of regions against ONNX Runtime.</summary>
public sealed class RegionTests
{
    [Theory]
    [InlineData("half_pixel", 0, 1f)]
    [InlineData("half_pixel", 2, 0.5f)]
    [InlineData("output_half_pixel", 0, 0.5f)]
    [InlineData("output_half_pixel", 3, 0.25f)]
    public void Aligned_regions_are_sampled_between_pixels(string coordinates, int samples, float scale)
    {
        Graph graph = new LiftHarness("RoiAlign", 16)
            .Input(Samples.Uniform(1, -2, 3, 2, 3, 12, 10))
            .Input(Regions(2, 9, 24))
            .Input(Pictures(9))
            .Attribute("output_height", 4L)
            .Attribute("output_width", 3L)
            .Attribute("sampling_ratio", (long)samples)
            .Attribute("spatial_scale", scale)
            .Attribute("coordinate_transformation_mode", coordinates)
            .AssertSame();
        FixedOutcome y = new OperatorHarness((IpuOperator)graph.Nodes.Single(n => n.Op is RoiAlignOp).Op)
            .Activation(Samples.Uniform(1, -2, 3, 2, 12, 10, 3))
            .Activation(Regions(2, 9, 24))
            .Activation(Pictures(9))
            .RunFixed(DataType.Int16, DataType.Int16);

        // Corners are exact; the float form and 2^-16 of a pixel differ by a part of a step.
        Assert.InRange(y.MaxErrorLsb, 0, 1.5);
    }

    [Fact]
    public void Regions_keep_their_largest_values()
    {
        float[] corners = Regions(3, 6, 20).ToFloats();
        float[] rows = [.. Enumerable.Range(0, 6).SelectMany(r => new float[] { r % 2, corners[4 * r], corners[(4 * r) + 1], corners[(4 * r) + 2], corners[(4 * r) + 3] })];
        new LiftHarness("MaxRoiPool", 13)
            .Input(Samples.Uniform(1, -2, 3, 2, 3, 12, 10))
            .Input(Tensor.FromArray<float>([.. rows.Select(v => MathF.Round(v))], 6, 5))
            .Attribute("pooled_shape", new long[] { 3, 2 })
            .Attribute("spatial_scale", 0.5f)
            .AssertSame();
    }

    /// <summary>By hand: four values back to a 4×4 image, which lies in the upper left of 5×5 where that is asked for.</summary>
    [Theory]
    [InlineData(false, 4)]
    [InlineData(true, 5)]
    public void Unpooled_values_stand_where_they_came_from(bool larger, int size)
    {
        LiftHarness node = new LiftHarness("MaxUnpool", 11)
            .Input(Tensor.FromArray([1f, 2f, 3f, 4f], 1, 1, 2, 2))
            .Input(Tensor.FromArray([5L, 7L, 13L, 15L], 1, 1, 2, 2))
            .Attribute("kernel_shape", new long[] { 2, 2 })
            .Attribute("strides", new long[] { 2, 2 });
        if (larger)
        {
            node.Constant(Tensor.FromArray([1L, 1L, 5L, 5L], 4));
        }

        float[] y = node.RunLifted(node.Lift())[0].ToFloats();
        float[] expected = new float[size * size];
        (expected[size + 1], expected[size + 3], expected[(3 * size) + 1], expected[(3 * size) + 3]) = (1, 2, 3, 4);
        Assert.Equal(expected, y);
    }

    private static Tensor Regions(int seed, int count, float size)
    {
        float[] at = Samples.Uniform(seed, -2, size, count, 2).ToFloats();
        float[] lengths = Samples.Uniform(seed + 1, 0, size / 2, count, 2).ToFloats();
        return Tensor.FromArray<float>([.. Enumerable.Range(0, count).SelectMany(r => new[] { at[2 * r], at[(2 * r) + 1], at[2 * r] + lengths[2 * r], at[(2 * r) + 1] + lengths[(2 * r) + 1] })], count, 4);
    }

    private static Tensor Pictures(int count) => Tensor.FromArray<long>([.. Enumerable.Range(0, count).Select(i => (long)(i % 2))], count);
}
