using SgsIpu.Core;
using SgsIpu.Engine.Results;

namespace SgsIpu.Engine.Tests.Simulation;

public sealed class OutputContractTests
{
    [Fact]
    public void FourOutputsAreBoxesBestFirst()
    {
        Tensor[] outputs =
        [
            Tensor.FromArray<float>([0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 0.8f, 0, 0, 1, 1], 1, 3, 4),
            Tensor.FromArray<float>([7, 2, 1], 1, 3),
            Tensor.FromArray<float>([0.5f, 0.9f, 0.99f], 1, 3),
            Tensor.FromArray<float>([2], 1),
        ];
        Assert.Equal(
            new[] { new DetectedBox(2, 0.9f, 0.6f, 0.5f, 0.8f, 0.7f), new DetectedBox(7, 0.5f, 0.2f, 0.1f, 0.4f, 0.3f) },
            OutputContract.Boxes(outputs, 0.3f).ToArray());
        Assert.Single(OutputContract.Boxes(outputs, 0.6f));
    }

    [Fact]
    public void RowsOfSevenAreBoxesAndNegativePicturesAreNone()
    {
        Tensor rows = Tensor.FromArray<float>([0, 3, 0.8f, 0.1f, 0.2f, 0.3f, 0.4f, -1, 0, 0.9f, 0, 0, 0, 0], 1, 1, 2, 7);
        Assert.Equal(new DetectedBox(3, 0.8f, 0.1f, 0.2f, 0.3f, 0.4f), Assert.Single(OutputContract.Boxes([rows], 0)));
    }

    [Fact]
    public void AModelThatIsNoDetectionIsRefused()
    {
        Assert.Equal("Category", Assert.Throws<IpuException>(() => OutputContract.Check(SampleModel.Float, ModelCategory.Detection)).ErrorId);
        OutputContract.Check(SampleModel.Float, ModelCategory.Classification);
    }
}
