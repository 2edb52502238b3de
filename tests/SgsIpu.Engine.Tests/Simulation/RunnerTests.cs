using SgsIpu.Core;

namespace SgsIpu.Engine.Tests.Simulation;

public sealed class RunnerTests
{
    [Theory]
    [InlineData(BatchMode.NBuf, "4", "1 2 3 4", "5")]
    [InlineData(BatchMode.OneBuf, "2 4", "1 2 4", "3 5")]
    public void AnImageTakesTheBatchesThatItIsMadeFor(BatchMode mode, string made, string taken, string refused)
    {
        IpuModel image = IpuEngine.Compile(SampleModel.Fixed, new CompileOptions { Batch = [.. Numbers(made)], BatchMode = mode });
        using IModelRunner offline = IpuEngine.OpenRunner(image);
        using IModelRunner single = IpuEngine.OpenRunner(SampleModel.Fixed);
        foreach (int batch in Numbers(taken))
        {
            Tensor[] items = [.. Enumerable.Range(0, batch).Select(Item)];
            var stack = new Tensor(DataType.UInt8, new Shape(batch, 64, 64, 3), [.. items.SelectMany(i => i.Bytes.ToArray())]);
            float[] together = Logits(offline, stack);
            Assert.Equal(items.SelectMany(i => Logits(single, i)), together);
        }

        foreach (int batch in Numbers(refused))
        {
            Assert.Equal("BatchSize", Assert.Throws<IpuException>(() => Logits(offline, new Tensor(DataType.UInt8, new Shape(batch, 64, 64, 3)))).ErrorId);
        }
    }

    [Theory]
    [InlineData(BatchMode.NBuf, "1 2")]
    [InlineData(BatchMode.OneBuf, "0")]
    [InlineData(BatchMode.OneBuf, "1 2 3 4 5 6 7 8 9 10 11")]
    public void ImpossibleBatchesAreRefused(BatchMode mode, string made) =>
        Assert.Equal("BatchSize", Assert.Throws<IpuException>(() => IpuEngine.Compile(SampleModel.Fixed, new CompileOptions { Batch = [.. Numbers(made)], BatchMode = mode })).ErrorId);

    [Fact]
    public void OneRunnerServesManyThreads()
    {
        IpuModel offline = IpuEngine.Compile(SampleModel.Fixed, new CompileOptions());
        foreach (IpuModel model in new[] { SampleModel.Fixed, offline })
        {
            using IModelRunner runner = IpuEngine.OpenRunner(model);
            float[][] alone = [.. Enumerable.Range(0, 64).Select(i => Logits(runner, Item(i)))];
            var together = new float[alone.Length][];
            Parallel.For(0, alone.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => together[i] = Logits(runner, Item(i)));
            Assert.Equal(alone, together);
        }
    }

    [Fact]
    public void TensorsInsideAFixedModelCanBeSeen()
    {
        using IModelRunner runner = IpuEngine.OpenRunner(SampleModel.Fixed, ["stem_relu", "add2"]);
        IReadOnlyDictionary<string, Tensor> result = runner.Run(new Dictionary<string, Tensor> { ["image"] = Item(3) }, CancellationToken.None);
        Assert.Equal(["add2", "logits", "stem_relu"], result.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(SampleModel.Fixed.Graph["stem_relu"].Type, result["stem_relu"].Type);
        using IModelRunner plain = IpuEngine.OpenRunner(SampleModel.Fixed);
        Assert.Equal(Logits(plain, Item(3)), result["logits"].ToFloats());
    }

    [Theory]
    [InlineData("other", 64, "InputMissing")]
    [InlineData("image", 65, "InputMismatch")]
    public void AWrongInputIsNamed(string name, int rows, string errorId)
    {
        using IModelRunner runner = IpuEngine.OpenRunner(SampleModel.Fixed);
        var inputs = new Dictionary<string, Tensor> { [name] = new(DataType.UInt8, new Shape(1, rows, 64, 3)) };
        Assert.Equal(errorId, Assert.Throws<IpuException>(() => runner.Run(inputs, CancellationToken.None)).ErrorId);
    }

    [Fact]
    public void ThreadsOfARunDoNotChangeItsResult()
    {
        using IModelRunner one = IpuEngine.OpenRunner(SampleModel.Fixed);
        using IModelRunner three = IpuEngine.OpenRunner(SampleModel.Fixed, null, threads: 3);
        for (int seed = 0; seed < 8; seed++)
        {
            Assert.Equal(Logits(one, Item(seed)), Logits(three, Item(seed)));
        }
    }

    [Fact]
    public void EachNodeOfAFixedModelIsTimedWithItsWork()
    {
        var inputs = new Dictionary<string, Tensor> { ["image"] = Item(3) };
        IReadOnlyList<NodeTiming> nodes = IpuEngine.TimeNodes(SampleModel.Fixed, inputs, rounds: 3);
        Assert.Equal(SampleModel.Fixed.Graph.Nodes.Select(n => (n.Name, n.Op.Name)), nodes.Select(n => (n.Node, n.Operator)));
        Assert.All(nodes, n => Assert.True(n.Milliseconds >= 0));
        Assert.All(nodes.Where(n => n.Operator == "Conv2D"), n => Assert.True(n.Cost.Macs > 0));
    }

    [Fact]
    public void NodesOfAFloatModelAreNotTimed() =>
        Assert.Equal("WrongStage", Assert.Throws<IpuException>(() => IpuEngine.TimeNodes(SampleModel.Float, new Dictionary<string, Tensor>())).ErrorId);

    private static int[] Numbers(string text) => [.. text.Split(' ').Select(n => int.Parse(n, System.Globalization.CultureInfo.InvariantCulture))];

    private static Tensor Item(int seed)
    {
        var item = new Tensor(DataType.UInt8, new Shape(1, 64, 64, 3));
        new Random(seed).NextBytes(item.Bytes);
        return item;
    }

    private static float[] Logits(IModelRunner runner, Tensor image) => runner.Run(new Dictionary<string, Tensor> { ["image"] = image }, CancellationToken.None)["logits"].ToFloats();
}
