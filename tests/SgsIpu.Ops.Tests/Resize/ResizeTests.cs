using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

/// <summary>Resizes as lifted, against ONNX Runtime where it does what the standard says, and in integers against their float form.</summary>
public sealed class ResizeTests
{
    private const double Tolerance = 1e-5;

    [Theory]
    [CombinatorialData("linear", "half_pixel")]
    [CombinatorialData("linear", "pytorch_half_pixel")]
    [CombinatorialData("linear", "asymmetric")]
    [CombinatorialData("linear", "align_corners")]
    [CombinatorialData("linear", "half_pixel_symmetric")]
    [CombinatorialData("cubic", "half_pixel")]
    [CombinatorialData("cubic", "asymmetric")]
    [CombinatorialData("cubic", "align_corners")]
    [CombinatorialData("nearest", "half_pixel")]
    [CombinatorialData("nearest", "asymmetric")]
    [CombinatorialData("nearest", "tf_half_pixel_for_nn")]
    public void ImagesBySizes(string mode, string coordinates, int height, int width)
    {
        LiftHarness node = Node(Samples.Uniform(1, -1, 1, 2, 3, 6, 5)).Attribute("mode", mode).Attribute("coordinate_transformation_mode", coordinates);
        node.Constant(Tensor.FromArray<long>([2, 3, height, width], 4)).AssertSame(Tolerance);
    }

    [Theory]
    [InlineData("linear", new[] { 4, 7 }, new long[] { 4, 12 })]
    [InlineData("nearest", new[] { 4, 7, 3 }, new long[] { 8, 5, 6 })]
    [InlineData("linear", new[] { 2, 4, 3, 5, 3 }, new long[] { 2, 4, 6, 7, 2 })]
    [InlineData("nearest", new[] { 2, 4, 3, 5, 3 }, new long[] { 2, 4, 6, 7, 2 })]
    public void AnyRank(string mode, int[] shape, long[] sizes) =>
        Node(Samples.Uniform(2, -1, 1, shape)).Attribute("mode", mode).Constant(Tensor.FromArray<long>(sizes, sizes.Length)).AssertSame(Tolerance);

    [Fact]
    public void PoliciesKeepTheAspectRatio()
    {
        foreach ((string policy, int h, int w) in ((string, int, int)[])[("not_larger", 9, 6), ("not_smaller", 12, 8)])
        {
            LiftHarness node = Node(Samples.Uniform(3, -1, 1, 1, 1, 6, 4)).Attribute("mode", "linear").Attribute("axes", (long[])[2, 3]).Attribute("keep_aspect_ratio_policy", policy)
                .Constant(Tensor.FromArray<long>([12, 6], 2));
            Assert.Equal(new Shape(1, 1, h, w), node.AssertSame(Tolerance).Nodes.Length > 0 ? node.RunLifted(node.Lift())[0].Shape : default);
        }
    }

    [Fact]
    public void WhatIsOutsideOfACropHasItsOwnValue()
    {
        LiftHarness node = new LiftHarness("Resize", 18).Input(Samples.Uniform(4, -1, 1, 1, 2, 4, 4))
            .Constant(Tensor.FromArray<float>([0, 0, 0.4f, 0.6f, 1, 1, 1.2f, 1.7f], 8)).Absent().Constant(Tensor.FromArray<long>([1, 2, 3, 5], 4))
            .Attribute("mode", "linear").Attribute("coordinate_transformation_mode", "tf_crop_and_resize").Attribute("extrapolation_value", 10f);
        node.AssertSame(Tolerance);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void IntegersFollowTheFloatForm(bool cubic, bool antialias)
    {
        var filter = new ResizeFilter(cubic, -0.5, antialias);
        foreach ((int h, int w) in ((int, int)[])[(3, 4), (17, 23), (10, 1)])
        {
            var op = new ResizeSeparableOp([new ResizeAxis(1, h, h / 10.0), new ResizeAxis(2, w, w / 9.0)], ResizeCoordinates.HalfPixel, filter);
            foreach (DataType type in (DataType[])[DataType.UInt8, DataType.Int16])
            {
                FixedOutcome outcome = new OperatorHarness(op).Activation(Samples.Uniform(h, -2, 3, 2, 10, 9, 3)).RunFixed(type, type);
                Assert.True(outcome.MaxErrorLsb <= (type == DataType.UInt8 ? 0.6 : 2), $"{type} {h}×{w}: {outcome.MaxErrorLsb} units");
            }
        }
    }

    [Fact]
    public void WeightsOfAFilterSumToOneWhereverItStands()
    {
        var random = new Random(11);
        for (int i = 0; i < 200; i++)
        {
            var filter = new ResizeFilter(random.Next(2) == 0, -0.25 - random.NextDouble(), random.Next(2) == 0, random.Next(2) == 0);
            int size = random.Next(1, 9);
            int output = random.Next(1, 20);
            var axis = new ResizeAxis(0, output, (double)output / size);
            (int Index, double Weight)[] taps = filter.Taps(axis, ResizeCoordinates.HalfPixel, random.Next(output), size);
            Assert.All(taps, t => Assert.InRange(t.Index, 0, size - 1));
            Assert.Equal(1, taps.Sum(t => t.Weight), 1e-9);
        }
    }

    private static LiftHarness Node(Tensor x) => new LiftHarness("Resize", 18).Input(x).Absent().Absent();

    /// <summary>Inline data for several sizes.</summary>
    [AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
    private sealed class CombinatorialDataAttribute(string mode, string coordinates) : Xunit.Sdk.DataAttribute
    {
        public override IEnumerable<object[]> GetData(System.Reflection.MethodInfo testMethod) => [[mode, coordinates, 12, 10], [mode, coordinates, 9, 7], [mode, coordinates, 4, 3]];
    }
}
