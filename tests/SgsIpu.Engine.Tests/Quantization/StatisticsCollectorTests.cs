using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Quantization;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Quantization;

public sealed class StatisticsCollectorTests
{
    private const int Channels = 8;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ALargeImageIsSeenAtEvenlySpacedPixelsAndItsExtremesAndMeanEverywhere(bool lean)
    {
        // Steps of 4 rows and 6 columns: rows 2, 6 … 26 and columns 3, 9 … 39.
        ActivationStatistics seen = Seen(29, 45, (y, x) => (100 * y) + x, lean);
        for (int c = 0; c < Channels; c++)
        {
            int sign = c % 2 == 0 ? 1 : -1;
            Assert.Equal((Math.Min(0, sign * 2844f), Math.Max(0, sign * 2844f)), (seen.Min[c], seen.Max[c]));
            Assert.Equal(sign * ((100 * 14) + 22), seen.Mean(c), 1e-2);
            Assert.Equal((100 * 100 * 64) + (36 * 4), seen.Variance(c), 10.0);
        }
    }

    [Fact]
    public void APixelBetweenThoseThatAreSeenIsAnExtreme()
    {
        ActivationStatistics seen = Seen(28, 28, (y, x) => (y, x) == (1, 1) ? 50 : 1);
        Assert.Equal((1f, 50f), (seen.Min[0], seen.Max[0]));
        Assert.Equal(833.0 / 784, seen.Mean(0), 1e-6);
        Assert.Equal(0, seen.Variance(0), 1e-3);
        Assert.Equal((-50f, -1f), (seen.Min[1], seen.Max[1]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void ExtremesOfSamplesHaveMeans(int inner)
    {
        // Channels last (1) or one after the other (3), whose extremes count as 0 where they are on the other side of it.
        float[][] samples = [[1, -1, 2, -4, 3, -2], [5, -6, 6, -5, 7, -9], [-1, 1, -2, 2, -3, 3]];
        ActivationStatistics[] parts = [Seen(samples[..1]), Seen(samples[1..])];
        parts[0].Merge(parts[1]);
        foreach (ActivationStatistics seen in new[] { Seen(samples), parts[0] })
        {
            Assert.Equal(((3 + 7 + 0) / 3.0, -3 / 3.0), (seen.MeanMax(0), seen.MeanMin(0)));
            Assert.Equal((3 / 3.0, (-4 - 9) / 3.0), (seen.MeanMax(1), seen.MeanMin(1)));
            Assert.Equal((7f, -3f), (seen.Max[0], seen.Min[0]));
        }

        ActivationStatistics Seen(float[][] rows)
        {
            var seen = new ActivationStatistics("x", 2);
            foreach (float[] row in rows)
            {
                seen.Observe(inner == 1 ? row : [row[0], row[2], row[4], row[1], row[3], row[5]], inner);
            }

            return seen;
        }
    }

    [Fact]
    public void OfASmallImageEveryPixelIsSeen()
    {
        ActivationStatistics seen = Seen(13, 13, (y, x) => (y, x) == (1, 1) ? 169 : 0);
        Assert.Equal(1, seen.Mean(0), 1e-6);
        Assert.Equal(168, seen.Variance(0), 1e-3);
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(0)]
    public void SavingMemoryChangesNoBit(long largeBytes)
    {
        // Sums of convolutions are what ONNX Runtime computes in one go where nobody looks between.
        Graph graph = Residual();
        string[] tensors = [.. graph.Nodes.Select(n => n.Outputs[0])];
        var samples = new Noise(graph[graph.Inputs[0]].Shape, 40);
        ActivationStatistics[] plain = Seen(lean: false);
        ActivationStatistics[] saving = Seen(lean: true);
        Assert.Equal(plain.Select(Everything), saving.Select(Everything));

        ActivationStatistics[] Seen(bool lean)
        {
            using var collector = new StatisticsCollector(graph, tensors, tensors.ToHashSet(), lean, largeBytes);
            IReadOnlyDictionary<string, ActivationStatistics> seen = collector.Collect(samples, 4, null, CancellationToken.None);
            return [.. tensors.Select(t => seen[t])];
        }
    }

    [Fact]
    public void StretchesSeeWhatTheWholeGraphDoes()
    {
        Graph graph = Residual();
        string[] tensors = [.. graph.Nodes.Select(n => n.Outputs[0])];
        var samples = new Noise(graph[graph.Inputs[0]].Shape, 3);
        using var whole = new StatisticsCollector(graph, tensors);
        using var cut = new StatisticsCollector(graph, tensors, largeBytes: 0);
        IReadOnlyDictionary<string, ActivationStatistics> expected = whole.Collect(samples, 2, null, CancellationToken.None);
        foreach ((string tensor, ActivationStatistics seen) in cut.Collect(samples, 2, null, CancellationToken.None))
        {
            Assert.Equal(expected[tensor].Samples, seen.Samples);
            Assert.Equal(expected[tensor].Max[0], seen.Max[0], 1e-4);
            Assert.Equal(expected[tensor].Mean(0), seen.Mean(0), 1e-5);
        }
    }

    private static string Everything(ActivationStatistics seen) =>
        string.Join(' ', seen.Min.ToArray().Concat(seen.Max.ToArray()).Select(BitConverter.SingleToInt32Bits).Concat(seen.Channels.SelectMany(c => c.Counts.ToArray()).Select(c => (int)c)))
        + string.Join(' ', Enumerable.Range(0, seen.Min.Length).Select(c => (seen.Mean(c), seen.Variance(c), seen.Density(c), seen.MeanMin(c), seen.MeanMax(c))));

    /// <summary>Convolutions whose sums with what they read are read by the next, then a mean.</summary>
    private static Graph Residual()
    {
        var random = new Random(3);
        var editor = new GraphEditor("residual");
        editor.AddInput(new TensorSpec("image", DataType.Float32, new Shape(1, 33, 35, Channels)));
        string at = "image";
        for (int i = 0; i < 20; i++)
        {
            float[] weights = [.. Enumerable.Range(0, Channels * 9 * Channels).Select(_ => (random.NextSingle() - 0.5f) / 4)];
            string convolved = editor.Add($"conv{i}", new Conv2DOp { PadTop = 1, PadBottom = 1, PadLeft = 1, PadRight = 1 }, at, editor.AddConstant($"w{i}", Tensor.FromArray<float>(weights, Channels, 3, 3, Channels)), editor.AddConstant($"b{i}", Tensor.FromArray<float>(weights[..Channels], Channels)));
            at = editor.Add($"sum{i}", new AddOp(), convolved, at);
        }

        editor.Outputs.Add(editor.Add("mean", new AveragePool2DOp { KernelH = 33, KernelW = 35 }, at));
        return editor.ToGraph();
    }

    private sealed class Noise(Shape shape, int count) : ISampleSource
    {
        public int Count => count;

        public Sample Read(int index, bool norm, CancellationToken cancellationToken)
        {
            var random = new Random(index);
            return new Sample($"noise {index}", [Tensor.FromArray<float>([.. Enumerable.Range(0, (int)shape.Count).Select(_ => random.NextSingle() - 0.5f)], shape)]);
        }
    }

    /// <summary>What is observed behind a convolution that turns the sign of every other channel of a picture.</summary>
    private static ActivationStatistics Seen(int height, int width, Func<int, int, float> pixel, bool lean = false)
    {
        var weights = new float[Channels * Channels];
        for (int c = 0; c < Channels; c++)
        {
            weights[(c * Channels) + c] = c % 2 == 0 ? 1 : -1;
        }

        var image = new float[height * width * Channels];
        for (int i = 0; i < image.Length; i++)
        {
            image[i] = pixel(i / Channels / width, i / Channels % width);
        }

        var editor = new GraphEditor("signs");
        editor.AddInput(new TensorSpec("image", DataType.Float32, new Shape(1, height, width, Channels)));
        string output = editor.Add("turned", new Conv2DOp(), "image", editor.AddConstant("w", Tensor.FromArray<float>(weights, Channels, 1, 1, Channels)), editor.AddConstant("b", Tensor.FromArray<float>(new float[Channels], Channels)));
        editor.Outputs.Add(output);
        using var collector = new StatisticsCollector(editor.ToGraph(), [output], new HashSet<string> { output }, lean);
        var sample = new Sample("one", [Tensor.FromArray<float>(image, 1, height, width, Channels)]);
        return collector.Collect(new OneSample(sample), 1, null, CancellationToken.None)[output];
    }

    private sealed class OneSample(Sample sample) : ISampleSource
    {
        public int Count => 1;

        public Sample Read(int index, bool norm, CancellationToken cancellationToken) => sample;
    }
}
