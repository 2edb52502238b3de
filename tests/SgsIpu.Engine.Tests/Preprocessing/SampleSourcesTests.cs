using System.Collections;
using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Kernels.Image;

namespace SgsIpu.Engine.Tests.Preprocessing;

public sealed class SampleSourcesTests : IDisposable
{
    /// <summary>One grey level: conversions to YUV round once in each direction.</summary>
    private const int LumaTolerance = 1;

    /// <summary>Luma and chroma are rounded to whole numbers, and 2×2 pixels share one chroma.</summary>
    private const int ColourTolerance = 3;

    private static readonly Shape Nhwc = new(1, Pictures.Height, Pictures.Width, 3);

    private readonly TemporaryFolder _folder = new();
    private readonly string _image;

    public SampleSourcesTests() => _image = _folder.Write("picture.png", Pictures.Png);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("RGB")]
    [InlineData("BGR")]
    public void AnImageForAFloatModelIsNormalizedWithMeansInTheOrderRgb(string training)
    {
        Tensor x = Read(Models.Float(Models.Config(training, "RGB", "10:20:30", "2:4:8"), Nhwc), norm: true);
        Assert.Equal((DataType.Float32, Nhwc), (x.Type, x.Shape));
        (byte r, byte g, byte b) = Pictures.Pixel(5, 2);
        float[] expected = [(r - 10) / 2f, (g - 20) / 4f, (b - 30) / 8f];
        Assert.Equal(training == "BGR" ? [.. expected.Reverse()] : expected, x.ToFloats().AsSpan(((2 * 16) + 5) * 3, 3).ToArray());
    }

    [Fact]
    public void WithoutConfigurationPixelsAreRealNumbers() =>
        Assert.Equal(Pictures.Rgb().Pixels.Select(v => (float)v), Read(Models.Float(null, Nhwc), norm: true).ToFloats());

    [Fact]
    public void AnImageTakesTheSizeOfTheInput()
    {
        var half = new Shape(1, 4, 8, 3);
        RgbImage expected = new Recipe { Size = (8, 4) }.Apply(Pictures.Rgb(), Ops.ImageFormat.RGB);
        Assert.Equal(expected.Pixels.Select(v => (float)v), Read(Models.Float(null, half), norm: true).ToFloats());
        Assert.Equal(
            new Recipe { Size = (8, 4), Interpolation = Interpolation.PillowBicubic }.Apply(Pictures.Rgb(), Ops.ImageFormat.RGB).Pixels.Select(v => (float)v),
            Read(Models.Float(null, half), true, new Hashtable { ["interpolation"] = "pillow-bicubic" }).ToFloats());
    }

    [Fact]
    public void AnInputOfOneChannelTakesGrey()
    {
        Tensor x = Read(Models.Float(null, new Shape(1, 8, 16, 1)), norm: true);
        Assert.Equal(new Recipe { Colour = Ops.ImageFormat.GRAY }.Apply(Pictures.Rgb(), Ops.ImageFormat.RGB).Pixels.Select(v => (float)v), x.ToFloats());
    }

    [Theory]
    [InlineData("RGB", "RGB", new[] { 0, 1, 2 })]
    [InlineData("RGB", "BGR", new[] { 2, 1, 0 })]
    [InlineData("BGR", "BGR", new[] { 2, 1, 0 })]
    [InlineData("BGR", "RGB", new[] { 0, 1, 2 })]
    [InlineData("RGB", "RGBA", new[] { 0, 1, 2, 3 })]
    [InlineData("BGR", "RGBA", new[] { 0, 1, 2, 3 })]
    [InlineData("BGR", "BGRA", new[] { 2, 1, 0, 3 })]
    public void AnImageForAFixedModelIsTheBoardsBytes(string training, string format, int[] order)
    {
        Tensor x = Read(Models.Fixed(Models.Config(training, format, "9", "3"), 8, 16), norm: false);
        Assert.Equal((DataType.UInt8, new Shape(1, 8, 16, order.Length)), (x.Type, x.Shape));
        for (int i = 0; i < 8 * 16; i++)
        {
            (byte r, byte g, byte b) = Pictures.Pixel(i % 16, i / 16);
            byte[] rgba = [r, g, b, 255];
            Assert.Equal(order.Select(c => rgba[c]), x.Bytes.Slice(i * order.Length, order.Length).ToArray());
        }
    }

    [Fact]
    public void RowsAndColumnsAreAligned()
    {
        Tensor x = Read(Models.Fixed(Models.Config("RGB", "RGB", more: "input_width_alignment=8\ninput_height_alignment=4"), 6, 5), norm: false, new Hashtable { ["crop"] = new[] { 5, 6 } });
        Assert.Equal(new Shape(1, 8, 8, 3), x.Shape);
        (byte r, byte g, byte b) = Pictures.Pixel(6, 1); // The crop starts at column (16 - 5) / 2, rounded to the even 6, and row 1.
        Assert.Equal([r, g, b], x.Bytes[..3].ToArray());
        Assert.All(x.Bytes.Slice(5 * 3, 3 * 3).ToArray(), v => Assert.Equal(0, v));
        Assert.All(x.Bytes[(6 * 8 * 3)..].ToArray(), v => Assert.Equal(0, v));
    }

    [Theory]
    [InlineData("RGB")]
    [InlineData("BGR")]
    public void Nv12BringsTheColoursToTheBoard(string training)
    {
        // A picture of 2×2 blocks, so that sharing chroma loses nothing.
        string blocks = _folder.Write("blocks.npy", NpyFile.Write(Blocks(training == "BGR")));
        Tensor x = Read(Models.Fixed(Models.Config(training, "YUV_NV12"), 8, 16), norm: false, image: blocks);
        Assert.Equal(new Shape(1, 12, 16, 1), x.Shape);
        for (int i = 0; i < 8 * 16; i++)
        {
            (int column, int row) = (i % 16, i / 16);
            (byte r, byte g, byte b) = Pictures.Pixel(column / 2, row / 2);
            int chroma = (8 * 16) + (row / 2 * 16) + (column / 2 * 2);
            (byte R, byte G, byte B) back = Nv12.ToRgb(x.Bytes[i], x.Bytes[chroma], x.Bytes[chroma + 1]);
            Assert.InRange(back.R, r - ColourTolerance, r + ColourTolerance);
            Assert.InRange(back.G, g - ColourTolerance, g + ColourTolerance);
            Assert.InRange(back.B, b - ColourTolerance, b + ColourTolerance);
        }
    }

    /// <summary>cv2.cvtColor(np.repeat(np.repeat(bgr[:2, :4], 2, 0), 2, 1), cv2.COLOR_BGR2YUV_I420): a plane of luma, then of Cb, then of Cr.</summary>
    [Fact]
    public void Nv12IsThatOfOpenCv()
    {
        byte[] planes = Convert.FromBase64String("Ly8yMjU1ODgvLzIyNTU4OD09QEBDQ0ZGPT1AQENDRkbl4NvV2dPOyW92fYRka3N6");
        string blocks = _folder.Write("blocks.npy", NpyFile.Write(Blocks(false, 4, 8)));
        byte[] nv12 = Read(Models.Fixed(Models.Config("RGB", "YUV_NV12"), 4, 8), norm: false, image: blocks).Bytes.ToArray();
        byte[] expected = [.. planes[..32], .. planes[32..40].Zip(planes[40..], (u, v) => new[] { u, v }).SelectMany(p => p)];
        Assert.Equal(expected.Length, nv12.Length);
        Assert.All(nv12.Zip(expected), p => Assert.InRange(p.First, p.Second - LumaTolerance, p.Second + LumaTolerance));
    }

    [Fact]
    public void GreyIsTheLumaOfNv12()
    {
        Tensor x = Read(Models.Fixed(Models.Config("GRAY", "YUV_NV12", more: "input_width_alignment=32\ninput_height_alignment=2"), 8, 16), norm: false);
        Assert.Equal(new Shape(1, 12, 32, 1), x.Shape);
        byte[] grey = new Recipe().Apply(Pictures.Rgb(), Ops.ImageFormat.GRAY).Pixels;
        for (int row = 0; row < 8; row++)
        {
            Assert.Equal(grey[(row * 16)..((row + 1) * 16)], x.Bytes.Slice(row * 32, 16).ToArray());
        }

        Assert.All(x.Bytes.Slice(8 * 32, 16).ToArray(), v => Assert.Equal(128, v));
    }

    [Fact]
    public void ALayoutOfChannelsFirstReachesTheBoard()
    {
        Tensor x = Read(Models.Fixed(Models.Config("RGB", "BGR", more: "input_layouts=NCHW"), 8, 16), norm: false);
        Assert.Equal(new Shape(1, 3, 8, 16), x.Shape);
        Assert.Equal(Pictures.Rgb().Pixels.Where((_, i) => i % 3 == 2), x.Bytes[..128].ToArray());
    }

    [Fact]
    public void ANormalizedArrayIsTakenAsItIsAndBecomesTheBoardsBytes()
    {
        InputConfig config = Models.Config("RGB", "BGR", "10:20:30", "2:4:8");
        Tensor normalized = Read(Models.Float(config, Nhwc), norm: true);
        string array = _folder.Write("x.npy", NpyFile.Write(normalized));
        string turned = _folder.Write("nchw.npy", NpyFile.Write(normalized.Transpose([0, 3, 1, 2])));
        byte[] board = Read(Models.Fixed(config, 8, 16), norm: false).Bytes.ToArray();
        foreach (string file in new[] { array, turned })
        {
            Assert.Equal(normalized.ToFloats(), Read(Models.Float(config, Nhwc), true, image: file).ToFloats());
            Assert.Equal(board, Read(Models.Fixed(config, 8, 16), false, image: file).Bytes.ToArray());
        }
    }

    [Fact]
    public void AnArrayOfBytesIsAnImageForAFloatModelAndTheBoardsBytesForAFixedOne()
    {
        InputConfig config = Models.Config("RGB", "RGBA", "10", "2");
        string image = _folder.Write("image.npy", NpyFile.Write(new Tensor(DataType.UInt8, Nhwc, Pictures.Rgb().Pixels)));
        Tensor board = Read(Models.Fixed(config, 8, 16), norm: false);
        Assert.Equal(Pictures.Rgb().Pixels.Select(v => (v - 10) / 2f), Read(Models.Float(config, Nhwc), true, image: image).ToFloats());
        Assert.Equal(board.Bytes.ToArray(), Read(Models.Fixed(config, 8, 16), false, image: image).Bytes.ToArray());
        string bytes = _folder.Write("board.npy", NpyFile.Write(board));
        Assert.Equal(board.Bytes.ToArray(), Read(Models.Fixed(config, 8, 16), false, image: bytes).Bytes.ToArray());
    }

    [Fact]
    public void RealNumbersForARawInputAreQuantized()
    {
        InputConfig config = InputConfig.Parse(
            "[INPUT_CONFIG]\ninputs=data\ntraining_input_formats=RAWDATA_S16_NHWC\ninput_formats=RAWDATA_S16_NHWC\n[OUTPUT_CONFIG]\noutputs=out0\ndequantizations=TRUE", "x.ini");
        string array = _folder.Write("x.npy", NpyFile.Write(Tensor.FromArray([1.5f, -0.26f, 1e9f], 3)));
        Tensor x = Read(Models.Of(IpuStage.Fixed, DataType.Int16, QuantParam.PerTensor(0.5), config, new Shape(1, 3)), norm: false, image: array);
        Assert.Equal([3, -1, short.MaxValue], x.As<short>().ToArray());
        string integers = _folder.Write("i.npy", NpyFile.Write(Tensor.FromArray([7, -8, 9], 1, 3)));
        Assert.Equal([7, -8, 9], Read(Models.Of(IpuStage.Fixed, DataType.Int16, QuantParam.PerTensor(0.5), config, new Shape(1, 3)), norm: false, image: integers).As<short>().ToArray());
    }

    [Fact]
    public void IndicesStayWholeNumbers()
    {
        string array = _folder.Write("x.npy", NpyFile.Write(Tensor.FromArray<ushort>([65535, 2], 2)));
        Assert.Equal([65535, 2], Read(Models.Of(IpuStage.Float, DataType.Int32, null, null, new Shape(1, 2)), norm: true, image: array).As<int>().ToArray());
        string large = _folder.Write("l.npy", NpyFile.Write(Tensor.FromArray<long>([1L << 40, 2], 2)));
        Assert.Equal("SampleType", Fault(() => Read(Models.Of(IpuStage.Float, DataType.Int32, null, null, new Shape(1, 2)), norm: true, image: large), "l.npy"));
        string real = _folder.Write("r.npy", NpyFile.Write(Tensor.FromArray([1f, 2], 2)));
        Assert.Equal("SampleType", Fault(() => Read(Models.Of(IpuStage.Float, DataType.Int64, null, null, new Shape(1, 2)), norm: true, image: real), "r.npy"));
    }

    [Fact]
    public void AFunctionMayReturnEitherOrderWithoutABatch()
    {
        float[] pixels = [.. Pictures.Rgb().Pixels.Select(v => (float)v)];
        Tensor nhwc = Tensor.FromArray<float>(pixels, Nhwc);
        foreach (Tensor array in new[] { nhwc, nhwc.Transpose([0, 3, 1, 2]), nhwc.Reshape(new Shape(8, 16, 3)), nhwc.Transpose([0, 3, 1, 2]).Reshape(new Shape(3, 8, 16)) })
        {
            var calls = new List<(string, bool)>();
            Tensor function(string path, bool norm)
            {
                calls.Add((path, norm));
                return array;
            }

            Assert.Equal(pixels, Read(Models.Float(Models.Config("RGB", "RGB", "1", "2"), Nhwc), true, (Func<string, bool, Tensor>)function).ToFloats());
            Assert.Equal(Pictures.Rgb().Pixels, Read(Models.Fixed(Models.Config("RGB", "RGB"), 8, 16), false, (Func<string, bool, Tensor>)function).Bytes.ToArray());
            Assert.Equal([(_image, true), (_image, false)], calls);
        }
    }

    [Fact]
    public void AFunctionThatReturnsNothingIsNamedWithItsFile() =>
        Assert.Equal("PreprocessFailed", Fault(() => Read(Models.Float(null, Nhwc), true, (Func<string, bool, Tensor>)((_, _) => null!)), _image));

    [Fact]
    public void AnArrayThatDoesNotFitIsNamedWithBothShapes()
    {
        string array = _folder.Write("odd.npy", NpyFile.Write(new Tensor(DataType.Float32, new Shape(1, 7, 16, 3))));
        Assert.Equal("SampleShape", Fault(() => Read(Models.Float(null, Nhwc), true, image: array), "odd.npy", new Shape(1, 7, 16, 3).ToString(), "data"));
    }

    [Fact]
    public void EachInputHasItsOwnFileAndPreprocessing()
    {
        _folder.Write("v.npy", NpyFile.Write(Tensor.FromArray([1f, 2], 1, 2)));
        string list = _folder.Write("list.txt", "picture.png,v.npy");
        IpuModel model = Models.Float(null, new Shape(1, 4, 4, 3), new Shape(1, 2));
        using FileSampleSource samples = SampleSources.Open(model, new SampleSourceOptions([list])
        {
            Preprocess = [new Recipe { Crop = (4, 4) }, (Func<string, bool, Tensor>)((_, _) => Tensor.FromArray([5f, 6], 1, 2))],
        });
        Sample sample = samples.Read(0, true, CancellationToken.None);
        Assert.Equal([new Shape(1, 4, 4, 3), new Shape(1, 2)], sample.Inputs.Select(i => i.Shape));
        Assert.Equal([5f, 6], sample.Inputs[1].ToFloats());
        Assert.Equal("PreprocessCount", Fault(() => SampleSources.Open(model, new SampleSourceOptions([list]) { Preprocess = [new Recipe(), new Recipe(), new Recipe()] })));
    }

    [Fact]
    public void UnusablePreprocessingIsRefusedBeforeTheFirstSample()
    {
        Assert.Equal("FileNotFound", Fault(() => Open(Path.Combine(_folder.Path, "none.py")), "none.py"));
        Assert.Equal("FileNotFound", Fault(() => Open(Path.Combine(_folder.Path, "none.yaml")), "none.yaml"));
        Assert.Equal("PreprocessForm", Fault(() => Open("script.sh"), "script.sh"));
        Assert.Equal("PreprocessForm", Fault(() => Open(5)));
        FileSampleSource Open(object form) => SampleSources.Open(Models.Float(null, Nhwc), new SampleSourceOptions([_image]) { Preprocess = [form] });
    }

    [Fact]
    public void AnUnreadableImageIsNamed()
    {
        string image = _folder.Write("broken.jpg", Pictures.Jpeg[..400]);
        Assert.Equal("ImageUnreadable", Fault(() => Read(Models.Float(null, Nhwc), true, image: image), "broken.jpg"));
    }

    [Fact]
    public void ManyThreadsReadTheSame()
    {
        using FileSampleSource samples = SampleSources.Open(Models.Float(Models.Config("BGR", "BGR", "7"), Nhwc), new SampleSourceOptions([_folder.Path]));
        float[] expected = samples.Read(0, true, CancellationToken.None).Inputs[0].ToFloats();
        float[][] read = [.. Enumerable.Range(0, 32).AsParallel().WithDegreeOfParallelism(8).Select(_ => samples.Read(0, true, CancellationToken.None).Inputs[0].ToFloats())];
        Assert.All(read, r => Assert.Equal(expected, r));
    }

    [Fact]
    public void ACancelledReadStops()
    {
        using FileSampleSource samples = SampleSources.Open(Models.Float(null, Nhwc), new SampleSourceOptions([_image]));
        Assert.ThrowsAny<OperationCanceledException>(() => samples.Read(0, true, new CancellationToken(canceled: true)));
    }

    private Tensor Read(IpuModel model, bool norm, object? preprocess = null, string? image = null)
    {
        ImmutableArray<object> forms = preprocess is null ? [] : [preprocess];
        using FileSampleSource samples = SampleSources.Open(model, new SampleSourceOptions([image ?? _image]) { Preprocess = forms });
        Assert.Equal(1, samples.Count);
        Sample sample = samples.Read(0, norm, CancellationToken.None);
        Assert.Equal(image ?? _image, sample.Name);
        return Assert.Single(sample.Inputs);
    }

    /// <summary>Each pixel of the picture as a block of 2×2.</summary>
    private static Tensor Blocks(bool bgr, int height = 8, int width = 16)
    {
        var blocks = new Tensor(DataType.UInt8, new Shape(1, height, width, 3));
        for (int i = 0; i < height * width; i++)
        {
            (byte r, byte g, byte b) = Pictures.Pixel(i % width / 2, i / width / 2);
            (blocks.Bytes[i * 3], blocks.Bytes[(i * 3) + 1], blocks.Bytes[(i * 3) + 2]) = bgr ? (b, g, r) : (r, g, b);
        }

        return blocks;
    }

    private static string Fault(Action action, params string[] named)
    {
        IpuException e = Assert.Throws<IpuException>(action);
        Assert.All(named, n => Assert.Contains(n, e.Message, StringComparison.Ordinal));
        return e.ErrorId;
    }
}
