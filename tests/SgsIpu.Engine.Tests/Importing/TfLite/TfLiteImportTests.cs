using SgsIpu.Core;
using SgsIpu.Engine.Tests.Preprocessing;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Importing.TfLite;

/// <summary>What the import of a TFLite file does beside its operators, and operators that runtimes at hand do not have, computed by hand.</summary>
public sealed class TfLiteImportTests
{
    [Fact]
    public void ShapesAreGivenInTheOrderOfTheInputs()
    {
        TfLiteCase two = new TfLiteCase("two", 0, 11).Option(0, (byte)0).Input(2, 5).Input(5);
        Assert.Equal(new Shape(2, 5), Import(two, o => o with { InputShapeList = [[2, 5], [5]] }).Graph["out0"].Shape);
        var e = Assert.Throws<IpuException>(() => Import(two, o => o with { InputShapeList = [[2, 5]] }));
        Assert.Equal("InputShapeCount", e.ErrorId);
        Assert.Contains("in0, in1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OperatorsThatAreNotSupportedAreNamed()
    {
        var e = Assert.Throws<IpuException>(() => Import(new TfLiteCase("svdf", 27, 6).Input(2, 3), o => o));
        Assert.Equal("UnsupportedOperator", e.ErrorId);
        Assert.Contains("SVDF", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnImageOfIntegersBecomesReal()
    {
        var bytes = new TfLiteCase("bytes", 6, 38).Input(Tensor.FromArray<byte>([0, 128, 255], 3), new QuantParam([0.5], 128));
        Assert.Equal([-64f, 0, 63.5f], Run(bytes)["out0"].ToFloats());
    }

    /// <summary>Windows of 2×2 that lie side by side, and of 3×2 that overlap and are cut off by MediaPipe's rule.</summary>
    [Theory]
    [InlineData(1, 2, 2, 2, 2)]
    [InlineData(1, 3, 2, 2, 1)]
    [InlineData(2, 3, 3, 2, 2)]
    public void ATransposedConvolutionWithBiasFollowsItsDefinition(int padding, int kernelH, int kernelW, int strideH, int strideW)
    {
        TfLiteCase test = new TfLiteCase("transposed", 32).Custom("Convolution2DTransposeBias", Words(padding, strideW, strideH)).Input(1, 4, 5, 2).Constant(3, kernelH, kernelW, 2).Constant(3);
        (Tensor x, Tensor w, float[] bias) = (test.Inputs[0].Value, test.Constants[0], test.Constants[1].ToFloats());
        int cutH = padding == 1 ? Math.Max(0, kernelH - (3 % strideH) - 1) : 0;
        int cutW = padding == 1 ? Math.Max(0, kernelW - (4 % strideW) - 1) : 0;
        int height = (3 * strideH) + kernelH - cutH;
        int width = (4 * strideW) + kernelW - cutW;
        var expected = new float[height * width * 3];
        for (int i = 0; i < expected.Length; i++)
        {
            expected[i] = bias[i % 3];
        }

        for (int h = 0; h < 4; h++)
        {
            for (int c = 0; c < 5; c++)
            {
                for (int k = 0; k < kernelH * kernelW * 3; k++)
                {
                    (int o, int i, int j) = (k % 3, k / 3 / kernelW, k / 3 % kernelW);
                    (int row, int column) = ((h * strideH) + i - (cutH / 2), (c * strideW) + j - (cutW / 2));
                    if (row >= 0 && row < height && column >= 0 && column < width)
                    {
                        for (int d = 0; d < 2; d++)
                        {
                            expected[(((row * width) + column) * 3) + o] += x.As<float>()[(((h * 5) + c) * 2) + d] * w.As<float>()[(((((o * kernelH) + i) * kernelW) + j) * 2) + d];
                        }
                    }
                }
            }
        }

        Tensor y = Run(test)["out0"];
        Assert.Equal(new Shape(1, height, width, 3), y.Shape);
        Assert.All(expected.Zip(y.ToFloats()), p => Assert.Equal(p.First, p.Second, 1e-5));
    }

    /// <summary>Equal values: the first of a window counts. What is unpooled has zeros where no maximum was.</summary>
    [Fact]
    public void MaximaGoBackToTheirPlaces()
    {
        float[] x = [1, 5, 2, 2, 4, 3, 2, 1, -1, -2, 0, 0, -3, -4, 0, 9];
        TfLiteChain chain = TfLiteChain.PoolAndBack(Tensor.FromArray(x, 1, 4, 4, 1));
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "chain.tflite");
        File.WriteAllBytes(file, chain.Write());
        IReadOnlyDictionary<string, Tensor> y = Run(IpuEngine.Import(new ImportOptions(file)), chain.Input);
        Assert.Equal([5f, 2, -1, 9], y["pooled"].ToFloats());
        Assert.Equal([0f, 5, 2, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 9], y["y"].ToFloats());
    }

    [Fact]
    public void ADilatedConvolutionInThreeStepsIsOne()
    {
        using var folder = new TemporaryFolder();
        TfLiteChain chain = TfLiteChain.Dilated();
        string file = Path.Combine(folder.Path, "chain.tflite");
        File.WriteAllBytes(file, chain.Write());
        IpuModel plain = IpuEngine.Import(new ImportOptions(file) { SkipSimplify = true });
        Assert.Equal(3, plain.Graph.Nodes.Count(n => n.Op is SpaceToBatchOp or BatchToSpaceOp or Conv2DOp));
        IpuModel folded = IpuEngine.Import(new ImportOptions(file));
        var op = Assert.IsType<Conv2DOp>(Assert.Single(folded.Graph.Nodes).Op);
        Assert.Equal((2, 3, 0f), (op.DilationH, op.DilationW, op.ActivationMin));
        float[] expected = Run(plain, chain.Input)["y"].ToFloats();
        Assert.All(expected.Zip(Run(folded, chain.Input)["y"].ToFloats()), p => Assert.Equal(p.First, p.Second, 1e-5));
        Assert.True(expected.Max() > 0);
    }

    private static byte[] Words(params int[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    private static IpuModel Import(TfLiteCase test, Func<ImportOptions, ImportOptions> edit)
    {
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "case.tflite");
        File.WriteAllBytes(file, test.Write());
        return IpuEngine.Import(edit(new ImportOptions(file)));
    }

    private static IReadOnlyDictionary<string, Tensor> Run(TfLiteCase test)
    {
        IpuModel model = Import(test, o => o);
        using IModelRunner runner = IpuEngine.OpenRunner(model);
        return runner.Run(test.Inputs.ToDictionary(i => i.Name, i => i.Value), CancellationToken.None);
    }

    private static IReadOnlyDictionary<string, Tensor> Run(IpuModel model, Tensor x)
    {
        using IModelRunner runner = IpuEngine.OpenRunner(model);
        return runner.Run(new Dictionary<string, Tensor> { [model.Graph.Inputs[0]] = x }, CancellationToken.None);
    }
}
