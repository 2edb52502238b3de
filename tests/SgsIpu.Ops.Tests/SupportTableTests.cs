using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

/// <summary>Limits as functions, and the table that is made of them.</summary>
public sealed class SupportTableTests
{
    public static TheoryData<string> Operators => [.. OpCatalog.Entries.Select(e => e.Name)];

    [Theory]
    [MemberData(nameof(Operators))]
    public void EveryOperatorSaysHowItRunsAndWhatLimitsIt(string name)
    {
        IpuOperator op = OpCatalog.Usual(OpCatalog.Entries.Single(e => e.Name == name));
        Assert.Equal(name, op.Name);
        Assert.NotEmpty(SupportTable.FixedTypes(op));
        Assert.All(HardwareLimits.Of(op), l => Assert.False(string.IsNullOrWhiteSpace(l.Text)));
        Assert.Contains($"\n    {name}\n", SupportTable.Text(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AveragePool2D", "{\"kernelH\":256}", "255 high and wide", true, true)]
    [InlineData("AveragePool2D", "{\"kernelH\":255,\"kernelW\":49}", "12288", true, true)]
    [InlineData("AveragePool2D", "{\"kernelH\":255,\"kernelW\":48}", "12288", false, false)]
    [InlineData("MaxPool2D", "{\"kernelW\":256}", "255 wide", true, true)]
    [InlineData("MaxPool2D", "{\"kernelH\":256}", "255 wide", false, false)]
    public void APoolingHasALargestWindow(string name, string attributes, string limit, bool newer, bool older)
    {
        IpuOperator op = OpJson.Read(name, System.Text.Json.JsonDocument.Parse(attributes).RootElement);
        Exceeds(op, limit, [Image(1, 300, 300, 16)], Image(1, 1, 1, 16), newer, older);
    }

    [Theory]
    [InlineData(7, 9, false)]
    [InlineData(8, 8, true)]
    [InlineData(64, 1, true)]
    [InlineData(1, 63, false)]
    public void AConvolutionHasALargestKernel(int height, int width, bool beyond) =>
        Exceeds(new Conv2DOp(), "below 64", [Image(1, 80, 80, 16), Constant(16, height, width, 16)], Image(1, 1, 1, 16), beyond, beyond);

    /// <summary>Whole rows together where they fit: of 20×8, seven a part. Each part after the first reads the image and the sums again.</summary>
    [Theory]
    [InlineData(7, 9, 1)]
    [InlineData(8, 8, 2)]
    [InlineData(20, 8, 3)]
    [InlineData(2, 64, 4)]
    public void ALargeKernelIsSplit(int height, int width, int parts)
    {
        TensorSpec[] inputs = [Image(1, 80, 80, 16), Constant(16, height, width, 16)];
        TensorSpec y = Image(1, 81 - height, 81 - width, 16);
        Constraint constraint = Assert.Single(new Conv2DOp().Constraints, c => c.Text.Contains("below 64", StringComparison.Ordinal));
        Assert.Equal(ConstraintRemedy.Split, constraint.Remedy);
        Assert.Equal(parts == 1 ? null : $"{height}×{width}, in {parts} parts", constraint.Violation(inputs, [y], SocGeneration.Newer));
        OperatorCost cost = new Conv2DOp().Cost(inputs, [y]);
        Assert.Equal(y.Shape.Count * height * width * 16, cost.Macs);
        Assert.Equal(inputs.Sum(i => i.ByteCount) + ((parts - 1) * (inputs[0].ByteCount + (4 * y.Shape.Count))), cost.ReadBytes);
        Assert.Equal(y.ByteCount + ((parts - 1) * 4 * y.Shape.Count), cost.WrittenBytes);
    }

    [Theory]
    [InlineData(3, 1, false, false)]
    [InlineData(6, 1, false, true)]
    [InlineData(9, 0, false, true)]
    [InlineData(5, 1, true, true)]
    [InlineData(3, 2, true, true)]
    public void ADepthwiseConvolutionIsNativeForSomeKernels(int side, int pad, bool newer, bool older)
    {
        var op = new DepthwiseConv2DOp { PadTop = pad, PadBottom = pad, PadLeft = pad, PadRight = pad };
        Exceeds(op, "depthwise kernel", [Image(1, 32, 32, 16), Constant(1, side, side, 16)], Image(1, 32, 32, 16), newer, older);
    }

    [Theory]
    [InlineData(256, false, false)]
    [InlineData(257, false, true)]
    [InlineData(1025, true, true)]
    public void AConcatenationJoinsSoManyTensors(int count, bool newer, bool older) =>
        Exceeds(new ConcatOp(3), "joined", [.. Enumerable.Repeat(Image(1, 1, 1, 16), count)], Image(1, 1, 1, 16 * count), newer, older);

    [Theory]
    [InlineData(16384, false, false)]
    [InlineData(16385, false, true)]
    public void ASoftmaxIsLimitedOnOlderChips(int length, bool newer, bool older)
    {
        var x = new TensorSpec("x", DataType.Float32, new Shape(1, length));
        Exceeds(new SoftmaxOp(), "softmax", [x], x, newer, older);
        Exceeds(new LogSoftmaxOp(), "softmax", [x], x, newer, older);
    }

    [Fact]
    public void TensorsHaveFewerThanTwoToThe31Elements()
    {
        var large = new TensorSpec("x", DataType.Float32, new Shape(1, 32768, 65536));
        Exceeds(new AbsOp(), "2^31", [large], large, newer: true, older: true);
    }

    [Fact]
    public void UnevenChannelsAreMovedSlower()
    {
        Exceeds(new TransposeOp([0, 2, 1, 3]), "multiple of 16", [Image(1, 2, 3, 24)], Image(1, 3, 2, 24), newer: true, older: true);
        Exceeds(new TransposeOp([0, 2, 1, 3]), "multiple of 16", [Image(1, 2, 3, 32)], Image(1, 3, 2, 32), newer: false, older: false);
    }

    [Fact]
    public void WeightsHaveAVolume()
    {
        TensorSpec x = Image(1, 1, 1, 8192);
        Exceeds(new Conv2DOp(), "512·1024", [x, new TensorSpec("w", DataType.Float32, new Shape(1024, 1, 1, 8192))], Image(1, 1, 1, 1024), newer: true, older: true);
        Exceeds(new Conv2DOp(), "512·1024", [x, new TensorSpec("w", DataType.Float32, new Shape(1008, 1, 1, 8192))], Image(1, 1, 1, 1008), newer: false, older: false);
    }

    private static void Exceeds(IpuOperator op, string limit, TensorSpec?[] inputs, TensorSpec output, bool newer, bool older)
    {
        Constraint constraint = Assert.Single(HardwareLimits.Of(op), c => c.Text.Contains(limit, StringComparison.Ordinal));
        Assert.Equal(newer, constraint.Violation(inputs, [output], SocGeneration.Newer) is not null);
        Assert.Equal(older, constraint.Violation(inputs, [output], SocGeneration.Older) is not null);
    }

    private static TensorSpec Image(params ReadOnlySpan<int> shape) => new("x", DataType.Float32, new Shape(shape));

    private static TensorSpec Constant(params ReadOnlySpan<int> shape) => TensorSpec.OfConstant("w", new Tensor(DataType.Float32, new Shape(shape)));
}
