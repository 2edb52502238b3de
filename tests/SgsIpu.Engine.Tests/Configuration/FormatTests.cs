using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests.Configuration;

/// <summary>
/// What each format, layout and alignment means: a fixed model on the board's bytes, made here by hand, computes what the float model
/// computes on the normalized picture.
/// </summary>
public sealed class FormatTests
{
    private const int Height = MixedModel.Height;
    private const int Width = MixedModel.Width;

    /// <summary>Decibels of a model of 16 bits.</summary>
    private const double Exact = 55;

    /// <summary>Luma and chroma are rounded to whole numbers on the way to NV12 and back.</summary>
    private const double Nv12 = 30;

    /// <summary>An output of 8 bits.</summary>
    private const double Narrow = 30;

    private static readonly float[] Mean = [120, 110, 100];
    private static readonly float[] Deviation = [60, 50, 40];

    /// <summary>A picture of 2×2 blocks in RGB, so that NV12, whose chroma is shared by 2×2 pixels, loses no detail.</summary>
    private static readonly byte[] Picture = Blocks();

    public static TheoryData<string, string, string, string> Images()
    {
        var data = new TheoryData<string, string, string, string>();
        foreach (string training in new[] { "RGB", "BGR" })
        {
            foreach (string format in new[] { "RGB", "BGR", "RGBA", "BGRA", "YUV_NV12" })
            {
                data.Add(training, format, "NHWC", "");
                data.Add(training, format, "NHWC", "16,4");
                if (format.Length != 4)
                {
                    data.Add(training, format, "NCHW", "");
                }
            }
        }

        data.Add("GRAY", "GRAY", "NHWC", "");
        data.Add("GRAY", "GRAY", "NHWC", "16,4");
        data.Add("GRAY", "GRAY", "NCHW", "");
        data.Add("GRAY", "YUV_NV12", "NHWC", "");
        data.Add("GRAY", "YUV_NV12", "NHWC", "16,4");
        return data;
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void TheBoardsBytesGiveWhatTheNormalizedPictureGives(string training, string format, string layout, string alignment)
    {
        bool grey = training == "GRAY";
        string more = $"input_layouts={layout},NHWC,NHWC\n" + (alignment.Length > 0 ? $"input_width_alignment={alignment.Split(',')[0]},1,1\ninput_height_alignment={alignment.Split(',')[1]},1,1\n" : "");
        IpuModel model = Model(training, format, more, "RAWDATA_F32_NHWC", "RAWDATA_F32_NHWC", "", grey ? 1 : 3);
        (int width, int height) = alignment.Length > 0 ? (16, 8) : (Width, Height);
        byte[] board = Board(format, layout == "NCHW" && format != "YUV_NV12", grey, width, height);
        IpuModel integers = Calibrate(model, training);
        Assert.Equal(board.Length, integers.Inputs[0].Shape.Count);
        Tensor real = Run(model, Normalized(training), Ids(1, 2, 3, 4, 5), Vector())["conv"];
        Tensor got = Run(integers, new Tensor(DataType.UInt8, integers.Inputs[0].Shape, board), Ids(1, 2, 3, 4, 5), Vector())["conv"];
        Assert.True(Decibels(real, got) > (format == "YUV_NV12" && !grey ? Nv12 : Exact), $"{Decibels(real, got):0.0} dB");
    }

    [Theory]
    [InlineData("RAWDATA_F32_NHWC", DataType.Float32, Exact)]
    [InlineData("RAWDATA_S16_NHWC", DataType.Int16, Exact)]
    [InlineData("RAWDATA_U8_NHWC", DataType.UInt8, Narrow)]
    public void RawDataAreHandedOverAsTheirFormatSays(string format, DataType type, double decibels)
    {
        IpuModel model = Model("RGB", "RGB", "", "RAWDATA_F32_NHWC", format, "");
        IpuModel integers = Calibrate(model, "RGB");
        TensorSpec input = integers.Inputs[2];
        Assert.Equal(type, input.Type);
        Tensor vector = Vector();
        Tensor handed = type == DataType.Float32 ? vector : new Tensor(type, vector.Shape);
        for (int i = 0; i < 7 && type != DataType.Float32; i++)
        {
            double q = Math.Round(vector.As<float>()[i] / input.Quant!.Scale[0]) + input.Quant.ZeroPoint;
            if (type == DataType.Int16)
            {
                handed.As<short>()[i] = (short)q;
            }
            else
            {
                handed.As<byte>()[i] = (byte)q;
            }
        }

        Tensor real = Run(model, Normalized("RGB"), Ids(1, 2, 3, 4, 5), vector)["copy"];
        Tensor got = Run(integers, new Tensor(DataType.UInt8, integers.Inputs[0].Shape, Picture), Ids(1, 2, 3, 4, 5), handed)["copy"];
        Assert.True(Decibels(real, got) > decibels, $"{Decibels(real, got):0.0} dB");
    }

    [Theory]
    [InlineData("RAWDATA_U16_NHWC", DataType.UInt16, 39999)]
    [InlineData("RAWDATA_S16_NHWC", DataType.Int16, 32767)]
    [InlineData("RAWDATA_U8_NHWC", DataType.UInt8, 255)]
    [InlineData("RAWDATA_F32_NHWC", DataType.Int64, 39999)]
    public void IndicesOfAnEmbeddingAreHandedOverAsTheirFormatSays(string format, DataType type, int largest)
    {
        IpuModel model = Model("RGB", "RGB", "", format, "RAWDATA_F32_NHWC", "");
        IpuModel integers = Calibrate(model, "RGB");
        Assert.Equal((type, new Shape(1, 5)), (integers.Inputs[1].Type, integers.Inputs[1].Shape));
        Tensor ids = Ids(0, largest, 7, 200, 1);
        Tensor handed = type switch
        {
            DataType.UInt16 => Tensor.FromArray<ushort>([.. ids.ToLongs().Select(v => (ushort)v)], ids.Shape),
            DataType.Int16 => Tensor.FromArray<short>([.. ids.ToLongs().Select(v => (short)v)], ids.Shape),
            DataType.UInt8 => Tensor.FromArray<byte>([.. ids.ToLongs().Select(v => (byte)v)], ids.Shape),
            _ => ids,
        };
        Tensor real = Run(model, Normalized("RGB"), ids, Vector())["words"];
        foreach (IpuModel stage in new[] { integers, IpuEngine.Compile(integers, new CompileOptions()) })
        {
            Tensor got = Run(stage, new Tensor(DataType.UInt8, integers.Inputs[0].Shape, Picture), handed, Vector())["words"];
            Assert.True(Decibels(real, got) > Exact, $"{Decibels(real, got):0.0} dB");
        }
    }

    [Theory]
    [InlineData("TRUE", "RAWDATA_F32_NHWC", DataType.Float32, Exact)]
    [InlineData("TRUE", "RAWDATA_S16_NHWC", DataType.Float32, Exact)]
    [InlineData("TRUE", "RAWDATA_U8_NHWC", DataType.Float32, Narrow)]
    [InlineData("FALSE", "RAWDATA_S16_NHWC", DataType.Int16, Exact)]
    [InlineData("FALSE", "RAWDATA_U8_NHWC", DataType.UInt8, Narrow)]
    [InlineData("TRUE", "", DataType.Float32, Exact)]
    [InlineData("FALSE", "", DataType.Int16, Exact)]
    public void OutputsComeAsTheirFormatSaysInEitherLayout(string dequantization, string format, DataType type, double decibels)
    {
        foreach (string layout in new[] { "NHWC", "NCHW" })
        {
            string lines = $"dequantizations={dequantization},TRUE,TRUE\noutput_layouts={layout},NHWC,NHWC\n" + (format.Length > 0 ? $"output_formats={format},RAWDATA_F32_NHWC,RAWDATA_F32_NHWC\n" : "");
            IpuModel model = Model("RGB", "RGB", "", "RAWDATA_F32_NHWC", "RAWDATA_F32_NHWC", lines);
            IpuModel integers = Calibrate(model, "RGB");
            TensorSpec output = integers.Outputs[0];
            Assert.Equal((type, layout == "NCHW" ? new Shape(1, 2, Height, Width) : new Shape(1, Height, Width, 2)), (output.Type, output.Shape));
            Tensor got = Run(integers, new Tensor(DataType.UInt8, integers.Inputs[0].Shape, Picture), Ids(1, 2, 3, 4, 5), Vector())["conv"];
            if (type != DataType.Float32)
            {
                got = Tensor.FromArray<float>([.. got.ToFloats().Select(q => (float)(output.Quant!.Scale[0] * (q - output.Quant.ZeroPoint)))], got.Shape);
            }

            Tensor real = Run(model, Normalized("RGB"), Ids(1, 2, 3, 4, 5), Vector())["conv"];
            Tensor nhwc = layout == "NCHW" ? got.Transpose(0, 2, 3, 1) : got;
            Assert.True(Decibels(real, nhwc) > decibels, $"{layout}: {Decibels(real, nhwc):0.0} dB");
        }
    }

    private static IpuModel Model(string training, string format, string inputLines, string ids, string vector, string outputLines, int channels = 3)
    {
        string Group(float[] values) => channels == 1 ? $"{values[0]}" : string.Join(':', values);
        string trained = $"{training},{ids},{vector}";
        return new IpuModel("mixed", IpuStage.Float, MixedModel.Graph(channels))
        {
            InputConfig = InputConfig.Parse(
                $"[INPUT_CONFIG]\ninputs=image,ids,vector\ntraining_input_formats={trained}\ninput_formats={format},{ids},{vector}\nquantizations=TRUE,TRUE,TRUE\nmean={Group(Mean)}\nstd_value={Group(Deviation)}\n{inputLines}"
                + $"[OUTPUT_CONFIG]\noutputs=conv,words,copy\n{(outputLines.Length > 0 ? outputLines : "dequantizations=TRUE,TRUE,TRUE\n")}[CONV_CONFIG]\ninput_format=ALL_INT16\n",
                "formats.ini"),
        };
    }

    private static IpuModel Calibrate(IpuModel model, string training) =>
        IpuEngine.Calibrate(model, new CalibrationOptions(new Held([Normalized(training), Ids(0, 39999, 7, 200, 1), Vector()])) { Level = CalibrationLevel.L1 });

    private static IReadOnlyDictionary<string, Tensor> Run(IpuModel model, params Tensor[] inputs)
    {
        using IModelRunner runner = IpuEngine.OpenRunner(model);
        return runner.Run(model.Graph.Inputs.Zip(inputs).ToDictionary(p => p.First, p => p.Second), CancellationToken.None);
    }

    /// <summary>What a float model takes, NHWC, in the order of its training.</summary>
    private static Tensor Normalized(string training)
    {
        int channels = training == "GRAY" ? 1 : 3;
        var x = new Tensor(DataType.Float32, new Shape(1, Height, Width, channels));
        for (int i = 0; i < Height * Width; i++)
        {
            for (int c = 0; c < channels; c++)
            {
                int rgb = training == "BGR" ? 2 - c : c;
                x.As<float>()[(i * channels) + c] = (Picture[(i * 3) + rgb] - Mean[rgb]) / Deviation[rgb];
            }
        }

        return x;
    }

    /// <summary>The bytes of the board's buffer. A grey picture is the red plane.</summary>
    private static byte[] Board(string format, bool planes, bool grey, int width, int height)
    {
        if (format == "YUV_NV12")
        {
            return BoardNv12(grey, width, height);
        }

        string order = grey ? "R" : format;
        var board = new byte[width * height * order.Length];
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                for (int c = 0; c < order.Length; c++)
                {
                    int at = planes ? (((c * height) + y) * width) + x : (((y * width) + x) * order.Length) + c;
                    board[at] = order[c] == 'A' ? (byte)77 : Picture[(((y * Width) + x) * 3) + "RGB".IndexOf(order[c], StringComparison.Ordinal)];
                }
            }
        }

        return board;
    }

    /// <summary>BT.601 in limited range, as OpenCV has it; of a grey picture the luma is the picture.</summary>
    private static byte[] BoardNv12(bool grey, int width, int height)
    {
        var board = new byte[width * height * 3 / 2];
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                double r = Picture[((y * Width) + x) * 3];
                double g = Picture[(((y * Width) + x) * 3) + 1];
                double b = Picture[(((y * Width) + x) * 3) + 2];
                board[(y * width) + x] = (byte)Math.Round(grey ? r : 16 + (0.257 * r) + (0.504 * g) + (0.098 * b));
                int chroma = ((height + (y / 2)) * width) + (x / 2 * 2);
                board[chroma] = (byte)Math.Round(grey ? 128 : 128 - (0.148 * r) - (0.291 * g) + (0.439 * b));
                board[chroma + 1] = (byte)Math.Round(grey ? 128 : 128 + (0.439 * r) - (0.368 * g) - (0.071 * b));
            }
        }

        return board;
    }

    private static byte[] Blocks()
    {
        var random = new Random(19);
        var blocks = new byte[Height / 2 * (Width / 2) * 3];
        random.NextBytes(blocks);
        var picture = new byte[Height * Width * 3];
        for (int i = 0; i < picture.Length; i++)
        {
            (int pixel, int c) = (i / 3, i % 3);
            picture[i] = blocks[(((pixel / Width / 2 * (Width / 2)) + (pixel % Width / 2)) * 3) + c];
        }

        return picture;
    }

    private static Tensor Ids(params long[] ids) => Tensor.FromArray<long>(ids, new Shape(1, ids.Length));

    private static Tensor Vector() => Tensor.FromArray<float>([-1, 0.5f, 0.25f, 2, 0, 1, -0.75f], new Shape(1, 7));

    private static double Decibels(Tensor real, Tensor got)
    {
        Assert.Equal(real.Shape, got.Shape);
        double power = real.ToFloats().Sum(v => (double)v * v);
        double noise = real.ToFloats().Zip(got.ToFloats()).Sum(p => Math.Pow(p.First - p.Second, 2));
        return 10 * Math.Log10(power / Math.Max(noise, power * 1e-12));
    }

    private sealed class Held(ImmutableArray<Tensor> inputs) : ISampleSource
    {
        public int Count => 1;

        public Sample Read(int index, bool norm, CancellationToken cancellationToken) => new("held", inputs);
    }
}
