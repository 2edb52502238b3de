using SgsIpu.Engine.Quantization;

namespace SgsIpu.Engine.Tests.Quantization;

public sealed class BiasFittingTests
{
    /// <summary>The variance of a mean of n values is that of the values over n: of 3 and 1 it is 1, a quarter of the squared mean.</summary>
    [Theory]
    [InlineData(new[] { 2.0, 2.0, 2.0 }, 2)]
    [InlineData(new[] { 3.0, 1.0 }, 1.5)]
    [InlineData(new[] { 1.0, -1.0 }, 0)]
    [InlineData(new[] { 5.0, -4.0 }, 0)]
    [InlineData(new[] { 7.0 }, 7)]
    public void AMeanThatChanceMayHaveMadeIsNotBelieved(double[] missing, double expected) => Assert.Equal(expected, BiasFitting.Shrunk(missing), 1e-12);
}
