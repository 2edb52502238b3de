using SgsIpu.Engine.Quantization;

namespace SgsIpu.Engine.Tests.Quantization;

public sealed class QuietChannelsTests
{
    private static readonly double[] Gain = [1, 1, 1, 1];

    [Fact]
    public void ASilentChannelHasTheRangeOfTheOneInTheMiddle()
    {
        ChannelRanges wider = QuietChannels.Widened(new ChannelRanges("MinMax", [0, 0, 0, 0], [8, 0, 2, 6]), Gain, signal: 9);
        Assert.Equal((double[])[8, 6, 6, 6], wider.High);
        Assert.Equal((double[])[0, 0, 0, 0], wider.Low);
    }

    [Fact]
    public void SignsStay()
    {
        ChannelRanges wider = QuietChannels.Widened(new ChannelRanges("MinMax", [-1, 0, -4, -8], [0.5, 0, 2, 6]), Gain, signal: 9);
        Assert.Equal((double[])[-4, -4, -4, -8], wider.Low);
        Assert.Equal((double[])[2, 4, 2, 6], wider.High);
    }

    [Fact]
    public void AChannelThatCountsAtTheReadersKeepsItsBits()
    {
        ChannelRanges ranges = new("MinMax", [0, 0, 0, 0], [8, 8e-3, 8, 8]);
        ChannelRanges wider = QuietChannels.Widened(ranges, [1, 1e7, 1, 1], signal: 4);
        Assert.Equal((double[])[8, 8e-3, 8, 8], wider.High);
    }

    [Fact]
    public void NothingIsKnownOfATensorOfZeros()
    {
        ChannelRanges ranges = new("MinMax", [0, 0], [0, 0]);
        Assert.Same(ranges, QuietChannels.Widened(ranges, [1, 1], signal: 0));
    }
}
