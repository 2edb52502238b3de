using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

/// <summary>Convolutions and poolings over lines, images and volumes, as lifted, against ONNX Runtime on the node itself.</summary>
public sealed class SpatialLiftTests
{
    private const double Tolerance = 1e-5;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 36)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void AConvolutionOfAnyRankIsThatOfTheStandard(int seed)
    {
        Case t = new(seed);
        int groups = t.Random.Next(1, 4);
        int perGroup = t.Random.Next(1, 4);
        int outputs = groups * t.Random.Next(1, 4);
        LiftHarness node = t.With(new LiftHarness("Conv", 13).Input(t.Image(groups * perGroup)).Constant(Samples.Uniform(seed + 1, -1, 1, [outputs, perGroup, .. t.Kernel])))
            .Attribute("group", (long)groups);
        _ = seed % 2 == 0 ? node.Constant(Samples.Uniform(seed + 2, -1, 1, outputs)) : node;
        node.AssertSame(Tolerance);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void ATransposedConvolutionOfAnyRankIsThatOfTheStandard(int seed)
    {
        Case t = new(seed);
        int groups = t.Random.Next(1, 4);
        int perGroup = t.Random.Next(1, 4);
        int outputs = t.Random.Next(1, 4);
        LiftHarness node = new LiftHarness("ConvTranspose", 13).Input(t.Image(groups * perGroup)).Constant(Samples.Uniform(seed + 1, -1, 1, [groups * perGroup, outputs, .. t.Kernel]))
            .Attribute("group", (long)groups)
            .Attribute("strides", t.Strides)
            .Attribute("dilations", t.Dilations);
        switch (seed % 3)
        {
            case 0:
                node.Attribute("pads", t.Pads).Attribute("output_padding", t.Strides.Select(s => s - 1).ToArray());
                break;
            case 1:
                // ONNX Runtime leaves the output smaller where the kernel does not reach over a stride.
                node.Attribute("strides", t.Strides.Select((s, d) => Math.Min(s, t.Kernel[d])).ToArray()).Attribute("auto_pad", seed % 2 == 0 ? "SAME_UPPER" : "SAME_LOWER");
                break;
            default:
                node.Attribute("output_shape", t.Strides.Select((s, d) => s * t.Size[d]).ToArray());
                break;
        }

        node.AssertSame(Tolerance);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void APoolingOfAnyRankIsThatOfTheStandard(int seed)
    {
        Case t = new(seed);
        foreach (string kind in (string[])["MaxPool", "AveragePool", "LpPool"])
        {
            // ONNX Runtime counts the padding of partial windows otherwise than the standard.
            bool ceil = seed % 2 == 1 && kind != "LpPool";
            LiftHarness node = t.With(new LiftHarness(kind, 19).Input(t.Image(3))).Attribute("kernel_shape", t.Kernel.Select(k => (long)k).ToArray());
            _ = kind == "AveragePool" && !ceil ? node.Attribute("count_include_pad", (long)(seed / 2 % 2)) : node;
            _ = kind == "LpPool" ? node.Attribute("p", 1L + (seed % 3)) : node;
            _ = ceil ? node.Attribute("ceil_mode", 1L) : node;
            node.AssertSame(Tolerance);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void MaximaSayWhereTheyStood(int order)
    {
        Tensor x = Samples.Uniform(order, -1, 1, 2, 3, 6, 5);
        LiftHarness node = new LiftHarness("MaxPool", 12, outputs: 2).Input(x).Attribute("kernel_shape", (long[])[3, 2]).Attribute("strides", (long[])[2, 1]).Attribute("pads", (long[])[1, 0, 1, 1])
            .Attribute("storage_order", (long)order);
        node.AssertSame(Tolerance);

        // In integers the places are the same, since the order of the values is.
        var op = new MaxPoolWithIndices2DOp(order != 0) { KernelH = 3, KernelW = 2, StrideH = 2, PadTop = 1, PadBottom = 1, PadRight = 1 };
        Tensor image = x.Transpose(0, 2, 3, 1);
        OperatorHarness harness = new OperatorHarness(op, outputs: 2).Activation(image);
        short[] integers = [.. image.ToFloats().Select(v => (short)Math.Round(v * 30000))];
        var binding = new FixedBinding("n", [new TensorSpec("x", DataType.Int16, image.Shape) { Quant = QuantParam.Int16(-1, 1) }], [.. op.InferOutputs([new TensorSpec("x", DataType.Int16, image.Shape)]).Select((t, i) => new TensorSpec($"y{i}", t.Type, t.Shape))]);
        byte[] values = new byte[binding.Outputs[0].ByteCount];
        byte[] places = new byte[binding.Outputs[1].ByteCount];
        op.PrepareFixed(binding).Run(new FixedArguments([Tensor.FromArray<short>(integers, image.Shape).Bytes.ToArray()], [values, places], default, 1));
        Assert.Equal(harness.RunFloat()[1].ToLongs(), new Tensor(DataType.Int64, binding.Outputs[1].Shape, places).ToLongs());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void GlobalPoolingsTakeAnyRank(int rank)
    {
        foreach (string kind in (string[])["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"])
        {
            new LiftHarness(kind, 18).Input(Samples.Uniform(rank, -1, 1, [2, 3, .. Enumerable.Range(3, rank - 2)])).AssertSame(Tolerance);
        }
    }

    [Fact]
    public void AnAverageThatCountsItsPaddingHasPartialWindows()
    {
        // 4 columns with one before and after, in windows of 3 by 2: the last holds columns 3 and 4 (padding), its third is beyond.
        var op = new AveragePool2DOp { KernelW = 3, StrideW = 2, PadLeft = 1, PadRight = 1, CeilMode = true, CountIncludePad = true };
        float[] values = new OperatorHarness(op).Activation(Tensor.FromArray<float>([3, 6, 9, 12], 1, 1, 4, 1)).RunFixed(DataType.Int16, DataType.Int16).Values;
        Assert.Equal([3.0, 9.0, 6.0], values.Select(v => Math.Round(v, 2)));
    }

    /// <summary>A random window over an image of one to three dimensions that it fits.</summary>
    private sealed class Case
    {
        public Case(int seed)
        {
            Random = new Random(seed);
            int rank = 1 + (seed % 3);
            Kernel = [.. Enumerable.Range(0, rank).Select(_ => Random.Next(1, 4))];
            Strides = [.. Enumerable.Range(0, rank).Select(_ => (long)Random.Next(1, 4))];
            Dilations = [.. Enumerable.Range(0, rank).Select(_ => (long)Random.Next(1, 3))];
            Size = [.. Enumerable.Range(0, rank).Select(_ => Random.Next(6, 9))];
            Pads = [.. Enumerable.Range(0, 2 * rank).Select(d => (long)Random.Next(0, Kernel[d % rank]))];
        }

        public Random Random { get; }

        public int[] Kernel { get; }

        public long[] Strides { get; }

        public long[] Dilations { get; }

        public long[] Pads { get; }

        public int[] Size { get; }

        public Tensor Image(int channels) => Samples.Uniform(Random.Next(), -1, 1, [2, channels, .. Size]);

        public LiftHarness With(LiftHarness node)
        {
            // With automatic padding ONNX Runtime takes no dilations, and no strides beyond the kernel.
            int way = Random.Next(4);
            return way < 2
                ? node.Attribute("strides", Strides.Select((s, d) => Math.Min(s, Kernel[d])).ToArray()).Attribute("auto_pad", way == 0 ? "SAME_UPPER" : "SAME_LOWER")
                : node.Attribute("strides", Strides).Attribute("pads", Pads).Attribute("dilations", Dilations);
        }
    }
}
