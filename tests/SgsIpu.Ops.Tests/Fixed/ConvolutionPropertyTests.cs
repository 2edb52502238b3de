using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

/// <summary>Convolution-like operators in integers over random windows, against their float form on what the integers stand for.</summary>
public sealed class ConvolutionPropertyTests
{
    private const double Bytes = 35;
    private const double Shorts = 70;

    public static TheoryData<int, DataType> Cases
    {
        get
        {
            var cases = new TheoryData<int, DataType>();
            for (int seed = 0; seed < 24; seed++)
            {
                cases.Add(seed, DataType.UInt8);
                cases.Add(seed, DataType.Int16);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Convolutions(int seed, DataType type)
    {
        var t = new Window(seed);
        int groups = t.Random.Next(1, 4);
        int inputs = groups * t.Random.Next(1, 6);
        int outputs = groups * t.Random.Next(1, 6);
        Check(t.Harness(t.Of(new Conv2DOp { Groups = groups }), inputs, [outputs, t.KernelH, t.KernelW, inputs / groups], outputs), type);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void DepthwiseConvolutions(int seed, DataType type)
    {
        var t = new Window(seed);
        int channels = t.Random.Next(1, 20);
        int outputs = channels * t.Random.Next(1, 3);
        Check(t.Harness(t.Of(new DepthwiseConv2DOp()), channels, [1, t.KernelH, t.KernelW, outputs], outputs), type);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void TransposedConvolutions(int seed, DataType type)
    {
        var t = new Window(seed);
        int groups = t.Random.Next(1, 4);
        int inputs = groups * t.Random.Next(1, 6);
        int outputs = groups * t.Random.Next(1, 6);
        var op = (TransposedConv2DOp)t.Of(new TransposedConv2DOp { Groups = groups });
        Check(t.Harness(op with { OutputPadH = op.StrideH - 1 }, inputs, [outputs, t.KernelH, t.KernelW, inputs / groups], outputs), type);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void MatrixProducts(int seed, DataType type)
    {
        var random = new Random(seed);
        (int rows, int depth, int columns) = (random.Next(1, 9), random.Next(1, 70), random.Next(1, 20));
        Check(new OperatorHarness(new FullyConnectedOp()).Activation(Samples.Uniform(seed, -1, 2, 2, rows, depth)).Constant(Samples.Uniform(seed + 1, -1, 1, columns, depth)).Constant(Samples.Uniform(seed + 2, -1, 1, columns)), type);
        FixedOutcome product = new OperatorHarness(new BatchMatMulOp(TransposeB: seed % 2 == 0)).Activation(Samples.Uniform(seed, -1, 2, 2, rows, depth))
            .Activation(seed % 2 == 0 ? Samples.Uniform(seed + 1, -1, 1, 2, columns, depth) : Samples.Uniform(seed + 1, -1, 1, depth, columns))
            .RunFixed(i => i == 0 ? type : DataType.Int16, DataType.Int16);
        Assert.True(product.Decibels >= (type == DataType.UInt8 ? Bytes : Shorts), $"{product.Decibels:F1} dB");
    }

    /// <summary>Every product at the end of its range and of one sign: a sum that wraps around would be far off.</summary>
    [Theory]
    [InlineData(DataType.UInt8, 9)]
    [InlineData(DataType.UInt8, 4096)]
    [InlineData(DataType.Int16, 9)]
    [InlineData(DataType.Int16, 4096)]
    public void ExtremesDoNotOverflow(DataType type, int channels)
    {
        foreach (float sign in (float[])[1, -1])
        {
            Tensor x = Tensor.FromArray<float>([.. Enumerable.Repeat(3f, 9 * channels)], 1, 3, 3, channels);
            Tensor w = Tensor.FromArray<float>([.. Enumerable.Repeat(sign, 9 * channels)], 1, 3, 3, channels);
            FixedOutcome outcome = new OperatorHarness(new Conv2DOp()).Activation(x).Constant(w).RunFixed(type, DataType.Int16);
            Assert.True(outcome.MaxErrorLsb <= 1, $"{outcome.MaxErrorLsb} units");
        }
    }

    private static void Check(OperatorHarness harness, DataType type)
    {
        FixedOutcome outcome = harness.RunFixed(type, DataType.Int16);
        Assert.True(outcome.Decibels >= (type == DataType.UInt8 ? Bytes : Shorts), $"{outcome.Decibels:F1} dB");
        FixedOutcome narrow = harness.RunFixed(type, DataType.UInt8);
        Assert.True(narrow.MaxErrorLsb <= 1, $"{narrow.MaxErrorLsb} units");
    }

    /// <summary>A random window and an image that it fits.</summary>
    private sealed class Window
    {
        private readonly int _seed;

        public Window(int seed)
        {
            _seed = seed;
            Random = new Random(seed);
            KernelH = Random.Next(1, 5);
            KernelW = Random.Next(1, 5);
        }

        public Random Random { get; }

        public int KernelH { get; }

        public int KernelW { get; }

        public ImageConvolutionOp Of(ImageConvolutionOp op) => op with
        {
            StrideH = Random.Next(1, 4),
            StrideW = Random.Next(1, 4),
            DilationH = Random.Next(1, 3),
            DilationW = Random.Next(1, 3),
            PadTop = Random.Next(0, KernelH),
            PadBottom = Random.Next(0, KernelH),
            PadLeft = Random.Next(0, KernelW),
            PadRight = Random.Next(0, KernelW),
        };

        /// <summary>Ranges that are lopsided, narrow or wide from case to case.</summary>
        public OperatorHarness Harness(IpuOperator op, int inputs, int[] weights, int outputs)
        {
            double reach = Math.Pow(10, Random.Next(-3, 4));
            var harness = new OperatorHarness(op);
            harness.Activation(Samples.Uniform(_seed, -reach * Random.NextDouble(), reach, Random.Next(1, 3), Random.Next(8, 12), Random.Next(8, 12), inputs));
            harness.Constant(Samples.Uniform(_seed + 1, -1, 1, weights));
            return Random.Next(2) == 0 ? harness : harness.Constant(Samples.Uniform(_seed + 2, -reach, reach, outputs));
        }
    }
}
