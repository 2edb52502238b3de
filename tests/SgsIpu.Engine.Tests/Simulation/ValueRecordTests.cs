using SgsIpu.Core;
using SgsIpu.Engine.Comparison;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Simulation;

public sealed class ValueRecordTests
{
    private static readonly (double, double) Wide = (-100, 100);

    [Fact]
    public void OrdinarySamplesWarnOfNothing() =>
        Assert.Empty(Of([.. Enumerable.Range(0, 8).Select(i => new[] { i % 2 == 0 ? 1f : 0.9f, 0.5f - (0.1f * (i % 3)) })]).Warnings(isInput: false));

    [Fact]
    public void SamplesThatStillWidenTheRangeAreTooFew() =>
        Assert.Contains("more samples are needed", Single([.. Enumerable.Range(1, 8).Select(i => new[] { (float)i, -i })], Wide, isInput: false), StringComparison.Ordinal);

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void ValuesBeyondTheRangeAreToldAndOfAnInputWhatThatMeans(bool isInput, bool blamesSamples)
    {
        string warning = Single([[0.5f, 3f], [0.7f, 2.5f]], (0, 1), isInput);
        Assert.Contains("50.0 % of the values are beyond the range", warning, StringComparison.Ordinal);
        Assert.Equal(blamesSamples, warning.Contains("do not fit the configuration", StringComparison.Ordinal));
    }

    [Fact]
    public void ChannelsThatNeverChangeAreCounted() =>
        Assert.Contains("1 of 2 channels never change", Single([[1f, 7f], [2f, 7f]], Wide, isInput: false), StringComparison.Ordinal);

    [Fact]
    public void OneSampleThatSetsTheRangeIsAnOutlier() =>
        Assert.Contains("an outlier sets the range", Single([[50f, 1f], .. Enumerable.Range(0, 9).Select(i => new[] { 1f, i / 10f })], Wide, isInput: false), StringComparison.Ordinal);

    [Fact]
    public void RecordsOfSamplesAddUpToTheRecordOfAll()
    {
        float[][] samples = [[50f, 1f], .. Enumerable.Range(0, 9).Select(i => new[] { 1f, i / 10f })];
        ValueRecord sum = Of(samples[..4], (0, 2));
        sum.Add(Of(samples[4..], (0, 2)));
        Assert.Equal(Of(samples, (0, 2)).Warnings(isInput: false), sum.Warnings(isInput: false));
        Assert.Equal(50, sum.Largest);
    }

    [Theory]
    [InlineData(1f, 20f, true)]
    [InlineData(1f, 2f, false)]
    public void AConcatenationOfRangesThatDifferMuchIsWarnedOf(float small, float large, bool warns)
    {
        var editor = new GraphEditor("head");
        editor.AddInput(new TensorSpec("boxes", DataType.Float32, new Shape(1, 4)));
        editor.AddInput(new TensorSpec("scores", DataType.Float32, new Shape(1, 4)));
        editor.Outputs.Add(editor.Add("y", new ConcatOp(1), "boxes", "scores"));
        Node node = Assert.Single(editor.ToGraph().Nodes);
        Assert.Equal(warns, ValueRecord.WideConcat(node, [large, small])?.Contains("joins ranges from 1 to 20", StringComparison.Ordinal) ?? false);
    }

    private static string Single(float[][] samples, (double, double) range, bool isInput) => Assert.Single(Of(samples, range).Warnings(isInput));

    private static ValueRecord Of(float[][] samples, (double, double)? range = null)
    {
        var record = new ValueRecord(2);
        foreach (float[] sample in samples)
        {
            record.Add(sample, range ?? Wide);
        }

        return record;
    }
}
