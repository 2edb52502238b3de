using SgsIpu.Core;
using SgsIpu.Engine.Quantization.Reconstruction;

namespace SgsIpu.Engine.Tests.Quantization.Reconstruction;

/// <summary>Which layers are left at 16 bits.</summary>
public sealed class WidthChoiceTests
{
    private static readonly WholeNoise Noise = Whole([1e-4]);

    private static readonly WidthCandidate[] Layers =
    [
        new("dear", 80, [5e-5], IsWide: true),
        new("loud", 10, [1e-3], IsWide: true),
        new("cheap", 10, [2e-5], IsWide: true),
        new("narrow", 20, [1e-5], IsWide: false),
    ];

    [Theory]
    [InlineData(1.01, "dear loud cheap", 1.0)]
    [InlineData(0.91, "dear loud", 1.2)]
    [InlineData(0.4, "loud cheap narrow", 1.4)]
    [InlineData(0.2, "loud cheap", 1.5)]
    [InlineData(0.1, "loud", 1.7)]
    public void TheLoudestLayersForWhatTheyCostStay(double share, string expected, double noise)
    {
        (Dictionary<string, DataType> wide, double rise) = Choice().Of(share, Noise);
        Assert.Equal(expected.Split(' '), wide.Keys);
        Assert.Equal(Math.Log(noise), rise, 9);
    }

    [Theory]
    [InlineData(0, 1000, 1.75, 100)]
    [InlineData(0, 1000, 1.55, 200)]
    [InlineData(0, 1000, 1.25, 901)]
    [InlineData(300, 1000, 1.75, 300)]
    [InlineData(0, 900, 1.25, null)]
    [InlineData(0, 1000, 0.9, null)]
    public void TheLeastShareIsFoundThatIsForeseenToDo(int low, int high, double allowed, int? expected) =>
        Assert.Equal(expected, Choice().Least(low, high, 1000, Noise, Math.Log(allowed)));

    [Fact]
    public void WithoutLayersNothingIsChosen() => Assert.Null(new WidthChoice(Noise, [], 0, Whole).Least(0, 10, 10, Noise, 1));

    private static WidthChoice Choice() => new(Noise, Layers, 100, Whole);

    private static WholeNoise Whole(double[] parts) => new([parts], [parts]);
}
