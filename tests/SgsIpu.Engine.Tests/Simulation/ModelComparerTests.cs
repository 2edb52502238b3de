using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests.Simulation;

public sealed class ModelComparerTests
{
    private static readonly IReadOnlyList<IpuTensorComparison> Rows = Compare(SampleModel.Float, SampleModel.Fixed);

    [Fact]
    public void EveryOperatorOfTheFloatModelHasARowTheWorstFirst()
    {
        string[] tensors = [.. SampleModel.Float.Inputs.Select(i => i.Name), .. SampleModel.Float.Nodes.SelectMany(n => n.Outputs)];
        Assert.Equal(tensors.Order(StringComparer.Ordinal), Rows.Select(r => r.Tensor).Order(StringComparer.Ordinal));
        Assert.Equal(Rows.OrderBy(r => r.Sqnr).Select(r => r.Tensor), Rows.Select(r => r.Tensor));
        Assert.Equal(1, Rows.Sum(r => r.MacShare), 1e-9);
    }

    [Fact]
    public void ANodeAloneLosesNoMoreThanWithAllBeforeIt()
    {
        IpuTensorComparison[] deep = [.. Rows.Where(r => r.Isolated is not null)];
        Assert.NotEmpty(deep);
        Assert.InRange(deep.Average(r => r.IsolatedSqnr - r.Sqnr), 1, 60);
        Assert.All(deep, r => Assert.InRange(r.Isolated!.Value.Cosine, 0.99, 1));
    }

    [Fact]
    public void AModelIsEqualToItself()
    {
        Assert.All(Compare(SampleModel.Float, SampleModel.Float), r => Assert.Equal((double.PositiveInfinity, 0.0), (r.Sqnr, r.Accumulated.MaxError)));
        Assert.All(Compare(SampleModel.Fixed, SampleModel.Fixed), r => Assert.Equal(double.PositiveInfinity, r.Sqnr));
    }

    [Fact]
    public void TheErrorOfTheOutputIsThatOfTheRuns()
    {
        double signal = 0;
        double noise = 0;
        using FileSampleSource real = SampleModel.Open(SampleModel.Float, "evaluation");
        using FileSampleSource board = SampleModel.Open(SampleModel.Fixed, "evaluation");
        foreach ((RunResult a, RunResult b) in IpuEngine.Run(SampleModel.Float, new RunOptions(real)).Zip(IpuEngine.Run(SampleModel.Fixed, new RunOptions(board))))
        {
            foreach ((float x, float y) in a.Outputs["logits"].ToFloats().Zip(b.Outputs["logits"].ToFloats()))
            {
                signal += (double)x * x;
                noise += Math.Pow((double)x - y, 2);
            }
        }

        Assert.Equal(10 * Math.Log10(signal / noise), Rows.Single(r => r.Tensor == "logits").Sqnr, 0.01);
    }

    [Fact]
    public void ModelsOfDifferentNetworksHaveNothingToCompare()
    {
        using FileSampleSource samples = SampleModel.Open(SampleModel.Float, "evaluation");
        var editor = new GraphEditor("other");
        editor.AddInput(new TensorSpec("other", DataType.Float32, new Shape(1)));
        editor.Outputs.Add(editor.Add("y", new Ops.NegOp(), "other"));
        var other = new IpuModel("other", IpuStage.Float, editor.ToGraph());
        Assert.Equal("NothingToCompare", Assert.Throws<IpuException>(() => IpuEngine.Compare(SampleModel.Float, other, samples, samples)).ErrorId);
    }

    private static IReadOnlyList<IpuTensorComparison> Compare(IpuModel reference, IpuModel model)
    {
        using FileSampleSource a = SampleModel.Open(reference, "evaluation");
        using FileSampleSource b = SampleModel.Open(model, "evaluation");
        return IpuEngine.Compare(reference, model, a, b);
    }
}
